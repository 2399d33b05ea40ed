// One step of one parameter: what all optimizers share. They differ in the formula, the decay and the projection.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

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
Run<T> run_of(Tensor& w, const Tensor& g, Tensor& s0, Tensor& s1) {
  return {w.data<T>(), g.data<T>(), s0 ? s0.data<T>() : nullptr, s1 ? s1.data<T>() : nullptr, w.numel()};
}

template <class T>
Run<T> part(const Run<T>& run, int64_t begin, int64_t count) {
  return {run.w + begin, run.g + begin, run.s0 ? run.s0 + begin : nullptr, run.s1 ? run.s1 + begin : nullptr, count};
}

// A parameter as rows of dimension 0.
template <class T, class Formula>
class Rows {
 public:
  Rows(const Run<T>& whole, int64_t count, const Formula& formula, const UpdateOptions& options,
       const UpdateLoops<T, Formula>& loops)
      : whole_(whole),
        count_(count),
        formula_(formula),
        options_(options),
        loops_(loops),
        sums_(static_cast<size_t>(count)) {}

  // The decision comes before the first write: its pass reads w and g alone, so that what follows is one pass over
  // memory for the channel view, whose rows stay in cache from `advance` to `apply`.
  Projection decide() {
    for_rows([&](int64_t r) { sums(r) = loops_.sums(row(r).w, row(r).g, length_); });
    return decide_projection(sums_, length_, *options_.projection);
  }

  void step_along_rows() {
    parallel_ranges(count_, grain_, [&](int64_t begin, int64_t end) {
      std::vector<T> direction(static_cast<size_t>(length_));
      for (int64_t r = begin; r < end; ++r) {
        const double wd = loops_.advance(row(r), formula_, direction.data());
        apply(r, direction.data(), sums(r).ww, wd);
      }
    });
  }

  void step_along_layer() {
    Tensor direction = Tensor::empty({count_, length_}, dtype_of<T>);
    std::vector<double> products(sums_.size());
    const auto d = [&](int64_t r) { return direction.data<T>() + r * length_; };
    for_rows([&](int64_t r) { products[static_cast<size_t>(r)] = loops_.advance(row(r), formula_, d(r)); });
    const double ww = layer_sums(sums_).ww, wd = std::accumulate(products.begin(), products.end(), 0.0);
    for_rows([&](int64_t r) { apply(r, d(r), ww, wd); });
  }

 private:
  template <class Function>
  void for_rows(const Function& function) {
    parallel_ranges(count_, grain_, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) function(r);
    });
  }

  RowSums& sums(int64_t r) { return sums_[static_cast<size_t>(r)]; }
  Run<T> row(int64_t r) const { return part(whole_, r * length_, length_); }

  void apply(int64_t r, T* direction, double ww, double wd) {
    const ProjectionOptions& projection = *options_.projection;
    const LastLine<T> last{static_cast<T>(1 - options_.decay * projection.wd_ratio), static_cast<T>(options_.lr),
                           static_cast<T>(along(ww, wd, projection.eps))};
    loops_.apply(row(r).w, direction, length_, last);
    if (options_.write_back) std::copy_n(direction, length_, row(r).s0);
  }

  const Run<T> whole_;
  const int64_t count_, length_ = whole_.n / count_, grain_ = elements_per_task / length_ + 1;
  const Formula& formula_;
  const UpdateOptions& options_;
  const UpdateLoops<T, Formula>& loops_;
  std::vector<RowSums> sums_;
};

}  // namespace detail

// s0 and s1 are undefined where the formula has no such state. One-dimensional tensors are never projected.
template <class T, template <class> class Formula>
void update_parameter(Slot& slot, Tensor& s0, Tensor& s1, const Formula<T>& formula, const UpdateOptions& options) {
  Tensor& w = slot.param.tensor;
  const Run<T> whole = detail::run_of<T>(w, w.grad(), s0, s1);
  const auto& loops = update_loops<T, Formula>();
  slot.projected = Projection::none;
  if (options.projection && w.rank() > 1 && w.numel() > 0) {
    detail::Rows<T, Formula<T>> rows(whole, w.dim(0), formula, options, loops);
    slot.projected = rows.decide();
    if (slot.projected == Projection::channel) return rows.step_along_rows();
    if (slot.projected == Projection::layer) return rows.step_along_layer();
  }
  const LastLine<T> last{static_cast<T>(1 - options.decay), static_cast<T>(options.lr)};
  parallel_ranges(whole.n, detail::elements_per_task, [&](int64_t begin, int64_t end) {
    loops.step(detail::part(whole, begin, end - begin), formula, last);
  });
}

}  // namespace radial
