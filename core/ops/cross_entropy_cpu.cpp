// Row by row; sums are of doubles. The largest logit is taken off first, so nothing overflows.
#include "core/kernels.h"
#include "core/ops/pointwise_math.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/cross_entropy_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_CROSS_ENTROPY_LOOPS
#define RADIAL_CROSS_ENTROPY_LOOPS
#include <cmath>
#include <limits>

namespace radial {

// The weighed target of a row: t_k = w_k (keep target_k + add), where target is one at `label` or the values `soft`.
template <class T>
struct RowTarget {
  const T* soft;
  int64_t label;
  const T* weights;  // or none, and w_k = 1
  double keep, add;

  double weight(int64_t k) const { return weights ? static_cast<double>(weights[k]) : 1.0; }
  // Whether t is zero but at the label.
  bool lone_label() const { return !soft && add == 0; }
};

template <class T>
struct CrossEntropyLoops {
  // p = softmax(x) of n classes; the logarithm of the sum of exp(x).
  double (*softmax)(T* p, const T* x, int64_t n);
  // sum_k t_k (log_sum - x_k), without the terms whose t_k is 0.
  double (*loss)(const T* x, const RowTarget<T>& t, double log_sum, int64_t n);
  // dx = factor (p sum_k t_k - t)
  void (*slopes)(T* dx, const T* p, const RowTarget<T>& t, double factor, int64_t n);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct CrossEntropy {
  static double softmax(T* p, const T* x, int64_t n) {
    T top = -std::numeric_limits<T>::infinity();
#pragma omp simd reduction(max : top)
    for (int64_t k = 0; k < n; ++k) top = x[k] > top ? x[k] : top;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < n; ++k) {
      const T e = pointwise::exp(x[k] - top);
      p[k] = e;
      sum += static_cast<double>(e);
    }
    const double share = 1 / sum;
    for (int64_t k = 0; k < n; ++k) p[k] = static_cast<T>(static_cast<double>(p[k]) * share);
    return static_cast<double>(top) + std::log(sum);
  }

  // f(t), t(k) without a branch.
  template <class F>
  static void with_target(const RowTarget<T>& t, F&& f) {
    const double keep = t.keep, add = t.add;
    const auto weighed = [&](auto target) {
      if (t.weights)
        f([=, w = t.weights](int64_t k) { return static_cast<double>(w[k]) * (keep * target(k) + add); });
      else
        f([=](int64_t k) { return keep * target(k) + add; });
    };
    if (t.soft)
      weighed([soft = t.soft](int64_t k) { return static_cast<double>(soft[k]); });
    else
      weighed([label = t.label](int64_t k) { return k == label ? 1.0 : 0.0; });
  }

  static double loss(const T* x, const RowTarget<T>& t, double log_sum, int64_t n) {
    if (t.lone_label()) return t.weight(t.label) * t.keep * (log_sum - static_cast<double>(x[t.label]));
    double total = 0;
    with_target(t, [&](auto target) {
#pragma omp simd reduction(+ : total)
      for (int64_t k = 0; k < n; ++k) {
        const double share = target(k), term = share * (log_sum - static_cast<double>(x[k]));
        total += share != 0 ? term : 0;
      }
    });
    return total;
  }

  static void slopes(T* dx, const T* p, const RowTarget<T>& t, double factor, int64_t n) {
    if (t.lone_label()) {
      const double own = t.weight(t.label) * t.keep;
      for (int64_t k = 0; k < n; ++k) dx[k] = static_cast<T>(factor * (static_cast<double>(p[k]) * own));
      dx[t.label] = static_cast<T>(factor * (static_cast<double>(p[t.label]) * own - own));
      return;
    }
    with_target(t, [&](auto target) {
      double sum = 0;  // 1 but for weights, and soft targets that do not add up to it
#pragma omp simd reduction(+ : sum)
      for (int64_t k = 0; k < n; ++k) sum += target(k);
      for (int64_t k = 0; k < n; ++k) dx[k] = static_cast<T>(factor * (static_cast<double>(p[k]) * sum - target(k)));
    });
  }
};

template <class T>
constexpr CrossEntropyLoops<T> cross_entropy_loops{CrossEntropy<T>::softmax, CrossEntropy<T>::loss,
                                                   CrossEntropy<T>::slopes};

const CrossEntropyLoops<float>& cross_entropy_f32() { return cross_entropy_loops<float>; }
const CrossEntropyLoops<double>& cross_entropy_f64() { return cross_entropy_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <type_traits>
#include <vector>

namespace radial {

namespace {

HWY_EXPORT(cross_entropy_f32);
HWY_EXPORT(cross_entropy_f64);

template <class T>
const CrossEntropyLoops<T>& cross_entropy_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(cross_entropy_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(cross_entropy_f64)();
}

// The targets of all rows, with what the options and the class weights make of them.
template <class T>
class RowTargets {
 public:
  RowTargets(const Tensor& targets, const Tensor& class_weights, const CrossEntropyRows& rows, int64_t classes)
      : labels_(targets.dtype() == DType::i32 ? targets.data<int32_t>() : nullptr),
        soft_(labels_ ? nullptr : targets.data<T>()),
        weights_(class_weights ? class_weights.data<T>() : nullptr),
        classes_(classes),
        keep_(1 - rows.smoothing),
        add_(rows.smoothing / static_cast<double>(classes)),
        ignored_(rows.ignore_index),
        ignores_(rows.ignores && labels_) {}

  bool counts(int64_t row) const { return !ignores_ || labels_[row] != ignored_; }
  // Of a row that counts.
  RowTarget<T> operator()(int64_t row) const {
    return {labels_ ? nullptr : soft_ + row * classes_, labels_ ? labels_[row] : -1, weights_, keep_, add_};
  }
  double row_weight(int64_t row) const {
    return !counts(row) ? 0.0 : labels_ ? (*this)(row).weight(labels_[row]) : 1.0;
  }

 private:
  const int32_t* labels_;
  const T *soft_, *weights_;
  int64_t classes_;
  double keep_, add_;
  int32_t ignored_;
  bool ignores_;
};

constexpr int64_t cost_of_class = 2;  // of a row, in elements of a copy

// f(row) for all rows.
template <class F>
void each_row(int64_t rows, int64_t classes, const F& f) {
  parallel_ranges(rows, rows_per_task(cost_of_class * classes), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) f(r);
  });
}

// p = softmax(logits) of a row; its loss.
template <class T>
double row_loss(T* p, const T* x, const RowTargets<T>& targets, int64_t row, int64_t classes) {
  const auto& loops = cross_entropy_loops_of<T>();
  const double log_sum = loops.softmax(p + row * classes, x + row * classes, classes);
  return targets.counts(row) ? loops.loss(x + row * classes, targets(row), log_sum, classes) : 0.0;
}

}  // namespace

void cpu::cross_entropy_rows_forward(Tensor& losses, Tensor& row_weights, Tensor& p, const Tensor& logits,
                                     const Tensor& targets, const Tensor& class_weights, const CrossEntropyRows& rows) {
  const int64_t classes = logits.channels();
  dispatch_float("cross_entropy", logits.dtype(), [&]<class T>() {
    const RowTargets<T> all(targets, class_weights, rows, classes);
    T *to = p.data<T>(), *loss = losses.data<T>(), *weight = row_weights.data<T>();
    each_row(logits.rows(), classes, [&, x = logits.data<T>()](int64_t r) {
      loss[r] = static_cast<T>(row_loss(to, x, all, r, classes));
      weight[r] = static_cast<T>(all.row_weight(r));
    });
  });
}

void cpu::cross_entropy_rows_backward(Tensor& dlogits, const Tensor& dlosses, const Tensor& p, const Tensor& targets,
                                      const Tensor& class_weights, const CrossEntropyRows& rows) {
  const int64_t classes = p.channels();
  dispatch_float("cross_entropy", p.dtype(), [&]<class T>() {
    const RowTargets<T> all(targets, class_weights, rows, classes);
    T* to = dlogits.data<T>();
    each_row(p.rows(), classes, [&, of = p.data<T>(), slope = dlosses.data<T>()](int64_t r) {
      const int64_t at = r * classes;
      if (all.counts(r))
        cross_entropy_loops_of<T>().slopes(to + at, of + at, all(r), static_cast<double>(slope[r]), classes);
      else
        std::fill_n(to + at, classes, T(0));
    });
  });
}

void cpu::cross_entropy_forward(Tensor& loss, Tensor& p, const Tensor& logits, const Tensor& targets,
                                double smoothing) {
  const int64_t n = logits.rows(), classes = logits.channels();
  dispatch_float("cross_entropy", logits.dtype(), [&]<class T>() {
    const RowTargets<T> all(targets, {}, {smoothing, false, 0}, classes);
    std::vector<double> losses(static_cast<size_t>(n));  // added in order below
    each_row(n, classes, [&, to = p.data<T>(), x = logits.data<T>()](int64_t r) {
      losses[static_cast<size_t>(r)] = row_loss(to, x, all, r, classes);
    });
    double total = 0;
    for (const double of_row : losses) total += of_row;
    loss.data<T>()[0] = static_cast<T>(total / static_cast<double>(n));
  });
}

void cpu::cross_entropy_backward(Tensor& dlogits, const Tensor& dloss, const Tensor& p, const Tensor& targets,
                                 double smoothing) {
  const int64_t n = p.rows(), classes = p.channels();
  dispatch_float("cross_entropy", p.dtype(), [&]<class T>() {
    const RowTargets<T> all(targets, {}, {smoothing, false, 0}, classes);
    const double factor = static_cast<double>(dloss.data<T>()[0]) / static_cast<double>(n);
    each_row(n, classes, [&, to = dlogits.data<T>(), of = p.data<T>()](int64_t r) {
      cross_entropy_loops_of<T>().slopes(to + r * classes, of + r * classes, all(r), factor, classes);
    });
  });
}

}  // namespace radial
#endif
