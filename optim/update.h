// One step of one parameter: what all optimizers share. They differ in the formula, the decay and the projection.
#pragma once

#include "core/parallel.h"
#include "optim/projection.h"

namespace radial {

struct UpdateOptions {
  double lr = 0;     // of this step: schedule and bias correction included
  double decay = 0;  // decoupled: w *= 1 - decay
  const ProjectionOptions* projection = nullptr;
  bool write_back = false;  // the projected direction becomes the first state (released SGDP)
};

namespace detail {

constexpr int64_t elements_per_task = 32768;

template <class T>
Run<T> run_of(Tensor& w, const Tensor& g, Tensor& s0, Tensor& s1, int64_t begin, int64_t count) {
  return {w.data<T>() + begin, g.data<T>() + begin, s0 ? s0.data<T>() + begin : nullptr,
          s1 ? s1.data<T>() + begin : nullptr, count};
}

// Two passes over w: sums over rows, then, the decision being made, the step.
template <class T, template <class> class Formula>
Projection project_and_step(Tensor& w, const Tensor& g, Tensor& s0, Tensor& s1, const Formula<T>& formula,
                            const UpdateOptions& options) {
  const auto& loops = update_loops<T, Formula>();
  const int64_t rows = w.dim(0), length = w.numel() / rows;
  const int64_t grain = elements_per_task / length + 1;
  std::vector<RowSums> sums(static_cast<size_t>(rows));
  parallel_ranges(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      sums[static_cast<size_t>(r)] = loops.advance(run_of<T>(w, g, s0, s1, r * length, length), formula);
  });
  const ProjectionDecision decision = decide_projection(sums, length, *options.projection);
  const bool projected = decision.view != Projection::none;
  const double decay = options.decay * (projected ? options.projection->wd_ratio : 1);
  parallel_ranges(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const LastLine<T> last{static_cast<T>(1 - decay), static_cast<T>(options.lr),
                             static_cast<T>(decision.along[static_cast<size_t>(r)])};
      loops.apply(run_of<T>(w, g, s0, s1, r * length, length), formula, last, options.write_back && projected);
    }
  });
  return decision.view;
}

}  // namespace detail

// s0 and s1 are undefined where the formula has no such state. One-dimensional tensors are never projected.
template <class T, template <class> class Formula>
void update_parameter(Slot& slot, Tensor& s0, Tensor& s1, const Formula<T>& formula, const UpdateOptions& options) {
  Tensor& w = slot.param.tensor;
  const Tensor g = w.grad();
  if (options.projection && w.rank() > 1 && w.numel() > 0) {
    slot.projected = detail::project_and_step<T>(w, g, s0, s1, formula, options);
    return;
  }
  slot.projected = Projection::none;
  const LastLine<T> last{static_cast<T>(1 - options.decay), static_cast<T>(options.lr), T(0)};
  parallel_ranges(w.numel(), detail::elements_per_task, [&](int64_t begin, int64_t end) {
    update_loops<T, Formula>().step(detail::run_of<T>(w, g, s0, s1, begin, end - begin), formula, last);
  });
}

}  // namespace radial
