// A parameter at a time. One that may be projected is taken row by row: the test reads w and g alone, before the first
// write; each row is then advanced, projected and stepped while it is in cache.
#include <algorithm>
#include <numeric>

#include "core/parallel.h"
#include "optim/update.h"
#include "optim/update_loops.h"

namespace radial {

namespace {

constexpr int64_t elements_per_task = 32768;

template <class T>
Run<T> run_of(ParameterUpdate& update) {
  auto& [w, g, s0, s1, rule, index] = update;
  return {w.data<T>(), g.data<T>(), s0 ? s0.data<T>() : nullptr, s1 ? s1.data<T>() : nullptr, w.numel()};
}

// A parameter as rows of dimension 0.
template <class T, class F>
class Rows {
 public:
  Rows(const Run<T>& whole, int64_t count, const F& formula, const UpdateRule& rule, const UpdateLoops<T, F>& loops)
      : whole_(whole),
        count_(count),
        formula_(formula),
        rule_(rule),
        loops_(loops),
        sums_(static_cast<size_t>(count)) {}

  // The decision comes before the first write: its pass reads w and g alone, so that what follows is one pass over
  // memory for the channel view, whose rows stay in cache from `advance` to `apply`.
  Projection decide() {
    for_rows([&](int64_t r) { sums(r) = loops_.sums(row(r).w, row(r).g, length_); });
    return decide_projection(sums_, length_, *rule_.projection);
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
  Run<T> row(int64_t r) const { return whole_.part(r * length_, length_); }

  void apply(int64_t r, T* direction, double ww, double wd) {
    const ProjectionOptions& projection = *rule_.projection;
    const LastLine<T> last{static_cast<T>(1 - rule_.decay * projection.wd_ratio), static_cast<T>(rule_.lr),
                           static_cast<T>(along(ww, wd, projection.eps))};
    loops_.apply(row(r).w, direction, length_, last);
    if (rule_.write_back) std::copy_n(direction, length_, row(r).s0);
  }

  const Run<T> whole_;
  const int64_t count_, length_ = whole_.n / count_, grain_ = elements_per_task / length_ + 1;
  const F& formula_;
  const UpdateRule& rule_;
  const UpdateLoops<T, F>& loops_;
  std::vector<RowSums> sums_;
};

template <class T, template <class> class F>
Projection update_parameter(ParameterUpdate& update, const F<T>& formula) {
  const UpdateRule& rule = update.rule;
  const Run<T> whole = run_of<T>(update);
  const auto& loops = update_loops<T, F>();
  if (rule.projection && update.w.rank() > 1 && whole.n > 0) {
    Rows<T, F<T>> rows(whole, update.w.dim(0), formula, rule, loops);
    const Projection projection = rows.decide();
    if (projection == Projection::channel) rows.step_along_rows();
    if (projection == Projection::layer) rows.step_along_layer();
    if (projection != Projection::none) return projection;
  }
  const LastLine<T> last{static_cast<T>(1 - rule.decay), static_cast<T>(rule.lr)};
  parallel_ranges(whole.n, elements_per_task,
                  [&](int64_t begin, int64_t end) { loops.step(whole.part(begin, end - begin), formula, last); });
  return Projection::none;
}

}  // namespace

void cpu::update_parameters(Tensor& decisions, std::vector<ParameterUpdate>& updates, KernelMemory&) {
  for (ParameterUpdate& update : updates) {
    const auto step = [&]<template <class> class F>(const F<double>& formula) {
      dispatch_float("optimizer", update.w.dtype(), [&]<class T>() {
        const Projection projection = update_parameter<T, F>(update, formula.template as<T>());
        decisions.data<int32_t>()[update.index] = static_cast<int32_t>(projection);
      });
    };
    std::visit(step, update.rule.formula);
  }
}

}  // namespace radial
