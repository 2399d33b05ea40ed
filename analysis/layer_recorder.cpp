#include "analysis/layer_recorder.h"

#include <algorithm>
#include <cmath>

#include "analysis/step_sums.h"
#include "core/parallel.h"

namespace radial {

namespace {

// Sums of each row of dimension 0.
std::vector<StepSums> row_sums(const Tensor& before, const Tensor& after, const Tensor& g) {
  const int64_t rows = before.dim(0), length = rows == 0 ? 1 : before.numel() / rows;
  std::vector<StepSums> sums(static_cast<size_t>(rows));
  dispatch_float("layer recorder", before.dtype(), [&]<class T>() {
    const T *w = before.data<T>(), *next = after.data<T>(), *grad = g ? g.data<T>() : nullptr;
    parallel_ranges(rows, 32768 / (length + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        sums[static_cast<size_t>(r)] =
            sum_step(w + r * length, next + r * length, grad ? grad + r * length : nullptr, length);
      }
    });
  });
  return sums;
}

LayerMeasure measure(const Slot& slot, const Tensor& before) {
  const Tensor& after = slot.param.tensor;
  const std::vector<StepSums> rows = row_sums(before, after, after.grad());
  StepSums all;
  double norms = 0, steps = 0;
  int64_t with_direction = 0;
  for (const StepSums& row : rows) {
    all += row;
    norms += norm_after(row);
    const double step = effective_step(row);
    if (std::isnan(step)) continue;
    steps += step;
    ++with_direction;
  }
  LayerMeasure layer{slot.param.name, slot.param.kind};
  layer.norm = norm_after(all);
  layer.filter_norm = norms / static_cast<double>(std::max<size_t>(1, rows.size()));
  layer.effective_step = effective_step(all);
  if (with_direction > 0) layer.filter_effective_step = steps / static_cast<double>(with_direction);
  layer.cos_grad = cosine(all);
  layer.radial_step = radial(all);
  layer.tangential_step = tangential(all);
  layer.projected = slot.projected;
  return layer;
}

}  // namespace

LayerRecorder::LayerRecorder(int64_t every) : every_(every) {
  check(every >= 1, "layer recorder: every must be at least 1 but is ", every);
}

void LayerRecorder::before_step(int64_t step, std::span<const Slot> slots) {
  layers_.clear();
  if (step % every_ != 0) return;
  before_.resize(slots.size());
  for (size_t i = 0; i < slots.size(); ++i) {
    const Tensor& w = slots[i].param.tensor;
    if (!before_[i]) before_[i] = empty_like(w);
    before_[i].copy_from(w);
  }
}

void LayerRecorder::after_step(int64_t step, std::span<const Slot> slots) {
  if (step % every_ != 0) return;
  for (size_t i = 0; i < slots.size(); ++i) layers_.push_back(measure(slots[i], before_[i]));
}

void EpochAverage::add(std::span<const LayerMeasure> layers) {
  const auto is = [](Kind kind) { return [kind](const LayerMeasure& layer) { return layer.kind == kind; }; };
  const Kind kind = std::any_of(layers.begin(), layers.end(), is(Kind::conv)) ? Kind::conv : Kind::linear;
  double norms = 0, step_sizes = 0;
  int64_t count = 0, with_direction = 0;
  for (const LayerMeasure& layer : layers) {
    if (layer.kind != kind) continue;
    norms += layer.filter_norm;
    ++count;
    if (std::isnan(layer.filter_effective_step)) continue;
    step_sizes += layer.filter_effective_step;
    ++with_direction;
  }
  if (count == 0) return;
  norm_sum += norms / static_cast<double>(count);
  ++steps;
  if (with_direction == 0) return;
  effective_step_sum += step_sizes / static_cast<double>(with_direction);
  ++steps_with_direction;
}

double EpochAverage::norm() const { return steps == 0 ? LayerMeasure::none : norm_sum / static_cast<double>(steps); }

double EpochAverage::effective_step() const {
  return steps_with_direction == 0 ? LayerMeasure::none
                                   : effective_step_sum / static_cast<double>(steps_with_direction);
}

}  // namespace radial
