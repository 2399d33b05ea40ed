// Row by row in double; the largest logit is taken off first, so nothing overflows.
#include <algorithm>
#include <cmath>

#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

namespace {

// p = softmax(x); returns log of the sum of exp(x).
template <class T>
double softmax_row(T* p, const T* x, int64_t classes) {
  const double top = *std::max_element(x, x + classes);
  double sum = 0;
  for (int64_t k = 0; k < classes; ++k) sum += std::exp(x[k] - top);
  for (int64_t k = 0; k < classes; ++k) p[k] = static_cast<T>(std::exp(x[k] - top) / sum);
  return top + std::log(sum);
}

// Smoothed targets of a row: (1 - smoothing) t + smoothing / classes.
template <class T>
struct Targets {
  Targets(const Tensor& targets, double smoothing, int64_t classes)
      : label(targets.dtype() == DType::i32 ? targets.data<int32_t>() : nullptr),
        soft(label ? nullptr : targets.data<T>()),
        keep(1 - smoothing),
        add(smoothing / static_cast<double>(classes)),
        count(classes) {}
  double operator()(int64_t row, int64_t k) const {
    const double t = label ? (label[row] == k ? 1.0 : 0.0) : static_cast<double>(soft[row * count + k]);
    return keep * t + add;
  }
  const int32_t* label;
  const T* soft;
  double keep, add;
  int64_t count;
};

// What one row needs of the options and of the class weights.
template <class T>
struct RowTerms {
  RowTerms(const Tensor& targets, const Tensor& class_weights, const CrossEntropyRows& rows, int64_t classes)
      : target(targets, rows.smoothing, classes),
        weights(class_weights ? class_weights.data<T>() : nullptr),
        ignored(rows.ignores ? rows.ignore_index : -1),
        ignores(rows.ignores && target.label) {}
  bool counts(int64_t row) const { return !ignores || target.label[row] != ignored; }
  double class_weight(int64_t k) const { return weights ? static_cast<double>(weights[k]) : 1.0; }
  double row_weight(int64_t row) const {
    return !counts(row) ? 0.0 : target.label ? class_weight(target.label[row]) : 1.0;
  }
  // The weighed target.
  double operator()(int64_t row, int64_t k) const { return class_weight(k) * target(row, k); }

  Targets<T> target;
  const T* weights;
  int32_t ignored;
  bool ignores;
};

}  // namespace

void cpu::cross_entropy_rows_forward(Tensor& losses, Tensor& row_weights, Tensor& p, const Tensor& logits,
                                     const Tensor& targets, const Tensor& class_weights, const CrossEntropyRows& rows) {
  const int64_t n = logits.rows(), classes = logits.channels();
  dispatch_float("cross_entropy", logits.dtype(), [&]<class T>() {
    const RowTerms<T> terms(targets, class_weights, rows, classes);
    parallel_ranges(n, rows_per_task(8 * classes), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const T* x = logits.data<T>() + r * classes;
        const double log_sum = softmax_row(p.data<T>() + r * classes, x, classes);
        double loss = 0;
        for (int64_t k = 0; k < classes && terms.counts(r); ++k) {
          const double t = terms(r, k);
          if (t != 0) loss += t * (log_sum - x[k]);
        }
        losses.data<T>()[r] = static_cast<T>(loss);
        row_weights.data<T>()[r] = static_cast<T>(terms.row_weight(r));
      }
    });
  });
}

void cpu::cross_entropy_rows_backward(Tensor& dlogits, const Tensor& dlosses, const Tensor& p, const Tensor& targets,
                                      const Tensor& class_weights, const CrossEntropyRows& rows) {
  const int64_t n = p.rows(), classes = p.channels();
  dispatch_float("cross_entropy", p.dtype(), [&]<class T>() {
    const RowTerms<T> terms(targets, class_weights, rows, classes);
    parallel_ranges(n, rows_per_task(8 * classes), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        T* to = dlogits.data<T>() + r * classes;
        if (!terms.counts(r)) {
          std::fill(to, to + classes, T(0));
          continue;
        }
        const double factor = dlosses.data<T>()[r];
        double sum = 0;
        for (int64_t k = 0; k < classes; ++k) sum += terms(r, k);
        for (int64_t k = 0; k < classes; ++k)
          to[k] = static_cast<T>(factor * (p.data<T>()[r * classes + k] * sum - terms(r, k)));
      }
    });
  });
}

void cpu::cross_entropy_forward(Tensor& loss, Tensor& p, const Tensor& logits, const Tensor& targets,
                                double smoothing) {
  const int64_t n = logits.rows(), classes = logits.channels();
  dispatch_float("cross_entropy", logits.dtype(), [&]<class T>() {
    const Targets<T> target(targets, smoothing, classes);
    double total = 0;
    for (int64_t r = 0; r < n; ++r) {
      const T* x = logits.data<T>() + r * classes;
      const double log_sum = softmax_row(p.data<T>() + r * classes, x, classes);
      for (int64_t k = 0; k < classes; ++k) {
        const double t = target(r, k);
        if (t != 0) total += t * (log_sum - x[k]);
      }
    }
    loss.data<T>()[0] = static_cast<T>(total / static_cast<double>(n));
  });
}

void cpu::cross_entropy_backward(Tensor& dlogits, const Tensor& dloss, const Tensor& p, const Tensor& targets,
                                 double smoothing) {
  const int64_t n = p.rows(), classes = p.channels();
  dispatch_float("cross_entropy", p.dtype(), [&]<class T>() {
    const Targets<T> target(targets, smoothing, classes);
    const double factor = dloss.data<T>()[0] / static_cast<double>(n);
    for (int64_t r = 0; r < n; ++r) {
      double sum = 0;  // 1 but for soft targets that do not add up to it
      for (int64_t k = 0; k < classes; ++k) sum += target(r, k);
      for (int64_t k = 0; k < classes; ++k) {
        const int64_t i = r * classes + k;
        dlogits.data<T>()[i] = static_cast<T>(factor * (p.data<T>()[i] * sum - target(r, k)));
      }
    }
  });
}

}  // namespace radial
