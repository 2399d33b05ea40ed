// The weights of attention, row by row.
#include "core/kernels.h"
#include "core/ops/pointwise_math.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/attention_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_ATTENTION_LOOPS
#define RADIAL_ATTENTION_LOOPS
#include <algorithm>
#include <limits>

namespace radial {

template <class T>
struct AttentionLoops {
  // p = factor p + x, x's elements `step` (0 or 1) apart
  void (*add)(T* p, T factor, const T* x, int64_t step, int64_t count);
  void (*softmax)(T* p, int64_t count);
  void (*backward)(T* dp, const T* p, T factor, int64_t count);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct Attention {
  static void add(T* __restrict p, T factor, const T* __restrict x, int64_t step, int64_t count) {
    if (step == 0)
      for (int64_t j = 0; j < count; ++j) p[j] = factor * p[j] + *x;
    else
      for (int64_t j = 0; j < count; ++j) p[j] = factor * p[j] + x[j];
  }

  static void softmax(T* p, int64_t count) {
    T largest = -std::numeric_limits<T>::infinity();
    int32_t numbers = 0;
#pragma omp simd reduction(max : largest) reduction(+ : numbers)
    for (int64_t j = 0; j < count; ++j) {
      largest = p[j] > largest ? p[j] : largest;
      numbers += p[j] == p[j] ? 1 : 0;
    }
    if (largest == -std::numeric_limits<T>::infinity() && numbers == static_cast<int32_t>(count)) {
      std::fill_n(p, count, T(0));  // nothing is seen
      return;
    }
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < count; ++j) {
      const T e = pointwise::exp(p[j] - largest);
      p[j] = e;
      sum += static_cast<double>(e);
    }
    const T factor = static_cast<T>(1 / sum);
    for (int64_t j = 0; j < count; ++j) p[j] *= factor;
  }

  static void backward(T* __restrict dp, const T* __restrict p, T factor, int64_t count) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < count; ++j) sum += static_cast<double>(p[j]) * static_cast<double>(dp[j]);
    const T mean = static_cast<T>(sum);
    for (int64_t j = 0; j < count; ++j) dp[j] = factor * (p[j] * (dp[j] - mean));
  }
};

template <class T>
constexpr AttentionLoops<T> attention_loops{Attention<T>::add, Attention<T>::softmax, Attention<T>::backward};

const AttentionLoops<float>& attention_f32() { return attention_loops<float>; }
const AttentionLoops<double>& attention_f64() { return attention_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial {

namespace {

HWY_EXPORT(attention_f32);
HWY_EXPORT(attention_f64);

template <class T>
const AttentionLoops<T>& attention_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(attention_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(attention_f64)();
}

}  // namespace

void cpu::attention_weights(Tensor& p, const Tensor& mask, const Tensor& bias, const AttentionGeometry& g) {
  dispatch_float("attention", p.dtype(), [&]<class T>() {
    const auto& loops = attention_loops_of<T>();
    const T nothing = 0;
    parallel_ranges(g.b * g.heads * g.t, rows_per_task(g.s), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t i = row % g.t, head = row / g.t % g.heads, b = row / g.t / g.heads;
        const auto part = [&](const Tensor& x, const AttentionGeometry::Added& a) {
          return x.data<T>() + b * a.b + head * a.head + i * a.t;
        };
        T* to = p.data<T>() + row * g.s;
        const int64_t seen = g.causal ? std::min(g.s, i + 1) : g.s;
        loops.add(to, static_cast<T>(g.scale), mask ? part(mask, g.mask) : &nothing, g.mask.s, seen);
        if (bias) loops.add(to, T(1), part(bias, g.bias), g.bias.s, seen);
        loops.softmax(to, seen);
        std::fill(to + seen, to + g.s, T(0));
      }
    });
  });
}

void cpu::attention_weights_backward(Tensor& dp, const Tensor& p, double factor) {
  const int64_t s = p.dim(3);
  dispatch_float("attention", p.dtype(), [&]<class T>() {
    const auto& loops = attention_loops_of<T>();
    parallel_ranges(p.numel() / s, rows_per_task(s), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        loops.backward(dp.data<T>() + row * s, p.data<T>() + row * s, static_cast<T>(factor), s);
    });
  });
}

}  // namespace radial
#endif
