// Row by row; statistics and sums in double, the elements of the result in their own type.
#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/layer_norm_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_LAYER_NORM_LOOPS
#define RADIAL_LAYER_NORM_LOOPS
#include <cmath>

namespace radial {

// Of one row of c elements.
template <class T>
struct LayerNormLoops {
  void (*forward)(T* y, T* mean, T* inv_std, const T* x, const T* gamma, const T* beta, int64_t c, double eps);
  // Adds to dgamma and dbeta.
  void (*backward)(T* dx, double* dgamma, double* dbeta, const T* dy, const T* x, const T* gamma, double mean,
                   double inv_std, int64_t c);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct LayerNorm {
  static void forward(T* y, T* mean, T* inv_std, const T* x, const T* gamma, const T* beta, int64_t c, double eps) {
    double sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < c; ++i) sum += static_cast<double>(x[i]);
    const double m = sum / static_cast<double>(c);
#pragma omp simd reduction(+ : squares)
    for (int64_t i = 0; i < c; ++i) {
      const double difference = static_cast<double>(x[i]) - m;
      squares += difference * difference;
    }
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(c) + eps);
    *mean = static_cast<T>(m);
    *inv_std = static_cast<T>(inverse);
    // The mean in two parts: where elements are near it the difference is that of doubles.
    const T high = static_cast<T>(m), low = static_cast<T>(m - static_cast<double>(high)), factor = *inv_std;
    for (int64_t i = 0; i < c; ++i) y[i] = ((x[i] - high) - low) * factor * gamma[i] + beta[i];
  }

  // With xhat = (x - mean) inv_std and h = dy gamma: dx = inv_std (h - mean of h - xhat mean of (h xhat)).
  static void backward(T* dx, double* dgamma, double* dbeta, const T* dy, const T* x, const T* gamma, double mean,
                       double inv_std, int64_t c) {
    double sum = 0, products = 0;
#pragma omp simd reduction(+ : sum, products)
    for (int64_t i = 0; i < c; ++i) {
      const double d = static_cast<double>(dy[i]), xhat = (static_cast<double>(x[i]) - mean) * inv_std;
      const double h = d * static_cast<double>(gamma[i]);
      sum += h;
      products += h * xhat;
      dgamma[i] += d * xhat;
      dbeta[i] += d;
    }
    const T mean_h = static_cast<T>(sum / static_cast<double>(c));
    const T mean_products = static_cast<T>(products / static_cast<double>(c));
    const T m = static_cast<T>(mean), factor = static_cast<T>(inv_std);
    for (int64_t i = 0; i < c; ++i) dx[i] = factor * (dy[i] * gamma[i] - mean_h - (x[i] - m) * factor * mean_products);
  }
};

template <class T>
constexpr LayerNormLoops<T> layer_norm_loops{LayerNorm<T>::forward, LayerNorm<T>::backward};

const LayerNormLoops<float>& layer_norm_f32() { return layer_norm_loops<float>; }
const LayerNormLoops<double>& layer_norm_f64() { return layer_norm_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <type_traits>
#include <vector>

namespace radial {

namespace {

HWY_EXPORT(layer_norm_f32);
HWY_EXPORT(layer_norm_f64);

template <class T>
const LayerNormLoops<T>& layer_norm_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(layer_norm_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(layer_norm_f64)();
}

}  // namespace

void cpu::layer_norm_forward(Tensor& y, Tensor& mean, Tensor& inv_std, const Tensor& x, const Tensor& gamma,
                             const Tensor& beta, double eps) {
  const int64_t c = x.channels();
  dispatch_float("layer_norm", x.dtype(), [&]<class T>() {
    const auto loop = layer_norm_loops_of<T>().forward;
    parallel_ranges(x.rows(), rows_per_task(c), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        loop(y.data<T>() + r * c, mean.data<T>() + r, inv_std.data<T>() + r, x.data<T>() + r * c, gamma.data<T>(),
             beta.data<T>(), c, eps);
    });
  });
}

void cpu::layer_norm_backward(Tensor& dx, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& x,
                              const Tensor& gamma, const Tensor& mean, const Tensor& inv_std) {
  const int64_t c = x.channels(), rows = x.rows(), block = rows_per_task(c), blocks = divide_up(rows, block);
  dispatch_float("layer_norm", x.dtype(), [&]<class T>() {
    const auto loop = layer_norm_loops_of<T>().backward;
    std::vector<double> partial(static_cast<size_t>(blocks * 2 * c), 0.0);  // dgamma and dbeta of each block
    parallel_for(blocks, [&](int64_t k) {
      double *dg = partial.data() + k * 2 * c, *db = dg + c;
      for (int64_t r = k * block; r < std::min(rows, (k + 1) * block); ++r)
        loop(dx.data<T>() + r * c, dg, db, dy.data<T>() + r * c, x.data<T>() + r * c, gamma.data<T>(),
             static_cast<double>(mean.data<T>()[r]), static_cast<double>(inv_std.data<T>()[r]), c);
    });
    for (int64_t i = 0; i < c; ++i) {
      double dg = 0, db = 0;
      for (int64_t k = 0; k < blocks; ++k) {
        dg += partial[static_cast<size_t>(k * 2 * c + i)];
        db += partial[static_cast<size_t>(k * 2 * c + c + i)];
      }
      dgamma.data<T>()[i] = static_cast<T>(dg);
      dbeta.data<T>()[i] = static_cast<T>(db);
    }
  });
}

}  // namespace radial
#endif
