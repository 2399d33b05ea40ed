#include "analysis/layer_recorder.h"

#include <algorithm>
#include <cmath>

#include "analysis/step_sums.h"
#include "core/kernels.h"

namespace radial {

namespace {

LayerMeasure measure(std::span<const StepSums> rows) {
  StepSums all;
  double norms = 0, steps = 0;
  int64_t with_direction = 0;
  for (const StepSums& row : rows) {
    all += row;
    norms += norm_after(row);
    if (!has_direction(row)) continue;
    steps += effective_step(row);
    ++with_direction;
  }
  LayerMeasure layer;
  layer.norm = norm_after(all);
  layer.filter_norm = norms / static_cast<double>(std::max<size_t>(1, rows.size()));
  layer.effective_step = effective_step(all);
  if (with_direction > 0) layer.filter_effective_step = steps / static_cast<double>(with_direction);
  layer.cos_grad = cosine(all);
  layer.radial_step = radial(all);
  layer.tangential_step = tangential(all);
  return layer;
}

}  // namespace

std::vector<LayerMeasure> StepRecord::layers() const {
  const std::vector<double> numbers = sums_.to_vector();
  std::vector<StepSums> rows;
  for (size_t i = 0; i < numbers.size(); i += 5)
    rows.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]});
  const std::vector<Projection> projected = projections_from(decisions_);

  std::vector<LayerMeasure> measures;
  size_t first = 0;
  for (const Layer& layer : layers_) {
    const auto count = static_cast<size_t>(layer.rows);
    LayerMeasure numbers_of_layer = measure(std::span(rows).subspan(first, count));
    numbers_of_layer.name = layer.name;
    numbers_of_layer.kind = layer.kind;
    numbers_of_layer.projected = projected[measures.size()];
    measures.push_back(std::move(numbers_of_layer));
    first += count;
  }
  return measures;
}

LayerRecorder::LayerRecorder(int64_t every) : every_(every) {
  check(every >= 1, "layer recorder: every must be at least 1 but is ", every);
}

void LayerRecorder::before_step(const Optimizer& optimizer) {
  layers_.clear();
  record_.reset();
  if (optimizer.steps() % every_ != 0) return;
  std::vector<Tensor> weights;
  before_.resize(optimizer.slots().size());
  for (const Slot& slot : optimizer.slots()) {
    const Tensor& w = slot.param.tensor;
    Tensor& before = before_[weights.size()];
    if (!before) before = empty_like(w);
    check(before.shape() == w.shape() && before.dtype() == w.dtype(), "layer recorder: \"", slot.param.name,
          "\" takes the place of another parameter; a recorder observes one optimizer");
    weights.push_back(w);
  }
  kernels::copy_all(before_, weights, copy_memory_);
}

void LayerRecorder::after_step(const Optimizer& optimizer) {
  if (optimizer.steps() % every_ != 0) return;
  StepRecord record;
  std::vector<StepTensors> parameters;
  int64_t rows = 0;
  for (const Slot& slot : optimizer.slots()) {
    const auto& [name, w, kind] = slot.param;
    parameters.push_back({before_[parameters.size()], w, w.grad()});
    record.layers_.push_back({name, kind, w.slices()});
    rows += w.slices();
  }
  record.decisions_ = optimizer.decisions().clone();
  record.sums_ = Tensor::empty({rows, 5}, DType::f64, record.decisions_.device());
  kernels::step_row_sums(record.sums_, parameters, sums_memory_);
  record_ = std::move(record);
}

std::span<const LayerMeasure> LayerRecorder::layers() {
  if (record_ && layers_.empty()) layers_ = record_->layers();
  return layers_;
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
    const bool has_direction = !std::isnan(layer.filter_effective_step) || std::isnan(layer.filter_norm);
    if (!has_direction) continue;
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
