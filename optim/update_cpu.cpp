// All parameters of a window at once: what the test for scale invariance needs of each row, the decisions, then the
// steps. The decision comes before the first write: its pass reads w and g alone, so that what follows is one pass over
// memory for the channel view, whose rows stay in cache from `advance` to `apply`.
#include <algorithm>
#include <memory>
#include <numeric>

#include "core/parallel.h"
#include "optim/update.h"
#include "optim/update_loops.h"

namespace radial {

namespace {

constexpr int64_t elements_of_task = 32768;
// Of a window: few regions of threads for many small parameters, but w and g are still in the last-level cache when
// they are read for the second time.
constexpr int64_t elements_of_window = 1 << 20;

// The step of one parameter, in tasks that may run in any order.
class ParameterStep {
 public:
  virtual ~ParameterStep() = default;
  virtual int64_t tasks() const = 0;
  virtual bool may_project() const = 0;
  virtual void sum(int64_t task) = 0;   // first, where it may be projected
  virtual Projection decide() = 0;      // after all sums
  virtual void step(int64_t task) = 0;  // after the decision
  virtual void finish() = 0;            // after all steps
};

template <class T, class F>
class TypedStep : public ParameterStep {
 public:
  TypedStep(ParameterUpdate& update, const F& formula, const UpdateLoops<T, F>& loops)
      : w_(update.w.data<T>()),
        g_(update.g.data<T>()),
        s0_(update.s0 ? update.s0.data<T>() : nullptr),
        s1_(update.s1 ? update.s1.data<T>() : nullptr),
        rule_(update.rule),
        formula_(formula),
        loops_(loops),
        may_project_(update.rule.projection && update.w.rank() > 1 && update.w.numel() > 0),
        count_(may_project_ ? update.w.dim(0) : update.w.numel()),
        length_(may_project_ ? update.w.numel() / count_ : 1),
        sums_(may_project_ ? static_cast<size_t>(count_) : 0) {}

  int64_t tasks() const override { return divide_up(count_, grain_); }
  bool may_project() const override { return may_project_; }

  void sum(int64_t task) override {
    for (int64_t r = begin(task); r < end(task); ++r)
      sums(r) = loops_.sums(w_ + r * length_, g_ + r * length_, length_);
  }

  Projection decide() override {
    if (may_project_) projection_ = decide_projection(sums_, length_, *rule_.projection);
    if (projection_ == Projection::layer) {
      directions_ = Tensor::empty({count_, length_}, dtype_of<T>);
      products_.resize(sums_.size());
    }
    return projection_;
  }

  void step(int64_t task) override {
    switch (projection_) {
      case Projection::channel:
        return step_along_rows(begin(task), end(task));
      case Projection::layer:
        for (int64_t r = begin(task); r < end(task); ++r)
          products_[static_cast<size_t>(r)] = loops_.advance(run(r, r + 1), formula_, direction(r));
        return;
      default:
        loops_.step(run(begin(task), end(task)), formula_, {static_cast<T>(1 - rule_.decay), static_cast<T>(rule_.lr)});
    }
  }

  void finish() override {
    if (projection_ != Projection::layer) return;
    const double ww = layer_sums(sums_).ww, wd = std::accumulate(products_.begin(), products_.end(), 0.0);
    parallel_ranges(count_, grain_, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; ++r) apply(r, direction(r), ww, wd);
    });
  }

 private:
  void step_along_rows(int64_t first, int64_t last) {
    std::vector<T> direction_of_row(static_cast<size_t>(length_));
    for (int64_t r = first; r < last; ++r) {
      const double wd = loops_.advance(run(r, r + 1), formula_, direction_of_row.data());
      apply(r, direction_of_row.data(), sums(r).ww, wd);
    }
  }

  void apply(int64_t r, T* d, double ww, double wd) {
    const ProjectionOptions& projection = *rule_.projection;
    const LastLine<T> last{static_cast<T>(1 - rule_.decay * projection.wd_ratio), static_cast<T>(rule_.lr),
                           static_cast<T>(along(ww, wd, projection.eps))};
    const Run<T> row = run(r, r + 1);
    loops_.apply(row.w, d, length_, last);
    if (rule_.write_back) std::copy_n(d, length_, row.s0);
  }

  int64_t begin(int64_t task) const { return task * grain_; }
  int64_t end(int64_t task) const { return std::min(count_, (task + 1) * grain_); }
  RowSums& sums(int64_t r) { return sums_[static_cast<size_t>(r)]; }
  T* direction(int64_t r) { return directions_.template data<T>() + r * length_; }
  Run<T> run(int64_t first, int64_t last) const {
    const int64_t i = first * length_;
    return {w_ + i, g_ + i, s0_ ? s0_ + i : nullptr, s1_ ? s1_ + i : nullptr, (last - first) * length_};
  }

  T* w_;
  const T* g_;
  T *s0_, *s1_;
  const UpdateRule& rule_;
  const F formula_;
  const UpdateLoops<T, F>& loops_;
  bool may_project_;
  int64_t count_, length_;  // rows of dimension 0; single elements where they do not matter
  int64_t grain_ = std::max<int64_t>(1, elements_of_task / length_);
  std::vector<RowSums> sums_;
  Projection projection_ = Projection::none;
  Tensor directions_;  // of the layer view
  std::vector<double> products_;
};

std::unique_ptr<ParameterStep> step_of(ParameterUpdate& update) {
  std::unique_ptr<ParameterStep> step;
  std::visit(
      [&]<template <class> class F>(const F<double>& formula) {
        dispatch_float("optimizer", update.w.dtype(), [&]<class T>() {
          step = std::make_unique<TypedStep<T, F<T>>>(update, formula.template as<T>(), update_loops<T, F>());
        });
      },
      update.rule.formula);
  return step;
}

class Window {
 public:
  void add(ParameterUpdate& update) {
    updates_.push_back(&update);
    steps_.push_back(step_of(update));
    elements_ += update.w.numel();
  }
  int64_t elements() const { return elements_; }

  void run(Tensor& decisions) {
    for_all_tasks([](const ParameterStep& step) { return step.may_project(); }, &ParameterStep::sum);
    for (size_t i = 0; i < steps_.size(); ++i)
      decisions.data<int32_t>()[updates_[i]->index] = static_cast<int32_t>(steps_[i]->decide());
    for_all_tasks([](const ParameterStep&) { return true; }, &ParameterStep::step);
    for (const auto& step : steps_) step->finish();
    *this = {};
  }

 private:
  template <class Takes>
  void for_all_tasks(const Takes& takes, void (ParameterStep::*run_task)(int64_t)) {
    std::vector<std::pair<ParameterStep*, int64_t>> tasks;
    for (const auto& step : steps_)
      for (int64_t task = 0; takes(*step) && task < step->tasks(); ++task) tasks.emplace_back(step.get(), task);
    parallel_for(static_cast<int64_t>(tasks.size()), [&](int64_t i) {
      const auto& [step, task] = tasks[static_cast<size_t>(i)];
      (step->*run_task)(task);
    });
  }

  std::vector<ParameterUpdate*> updates_;
  std::vector<std::unique_ptr<ParameterStep>> steps_;
  int64_t elements_ = 0;
};

}  // namespace

void cpu::update_parameters(Tensor& decisions, std::vector<ParameterUpdate>& updates, KernelMemory&) {
  Window window;
  for (ParameterUpdate& update : updates) {
    if (window.elements() > 0 && window.elements() + update.w.numel() > elements_of_window) window.run(decisions);
    window.add(update);
  }
  window.run(decisions);
}

}  // namespace radial
