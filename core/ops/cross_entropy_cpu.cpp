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

}  // namespace

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
