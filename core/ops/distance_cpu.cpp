#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/distance_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_DISTANCE_LOOPS
#define RADIAL_DISTANCE_LOOPS
namespace radial {

template <class T>
struct DistanceLoops {
  T (*squared)(const T* a, const T* b, int64_t count);
  void (*add)(T* to, const T* a, const T* b, T factor, int64_t count);  // to += factor (a - b)
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct Distance {
  static T squared(const T* a, const T* b, int64_t count) {
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < count; ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
  }
  static void add(T* __restrict to, const T* a, const T* b, T factor, int64_t count) {
    for (int64_t k = 0; k < count; ++k) to[k] += factor * (a[k] - b[k]);
  }
};

template <class T>
constexpr DistanceLoops<T> distance_loops{Distance<T>::squared, Distance<T>::add};

const DistanceLoops<float>& distance_f32() { return distance_loops<float>; }
const DistanceLoops<double>& distance_f64() { return distance_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>

namespace radial {

namespace {

HWY_EXPORT(distance_f32);
HWY_EXPORT(distance_f64);

template <class T>
const DistanceLoops<T>& distance_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(distance_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(distance_f64)();
}

}  // namespace

void cpu::distances(Tensor& y, const Tensor& a, const Tensor& b, bool root) {
  const int64_t m = a.dim(1), n = b.dim(1), d = a.dim(2);
  dispatch_float("distances", a.dtype(), [&]<class T>() {
    const auto& loops = distance_loops_of<T>();
    parallel_ranges(a.dim(0) * m, rows_per_task(n * (d + 1)), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* others = b.data<T>() + row / m * n * d;
        for (int64_t j = 0; j < n; ++j) {
          const T square = loops.squared(a.data<T>() + row * d, others + j * d, d);
          y.data<T>()[row * n + j] = root ? std::sqrt(square) : square;
        }
      }
    });
  });
}

void cpu::distances_backward(Tensor& da, const Tensor& dy, const Tensor& y, const Tensor& a, const Tensor& b,
                             bool transposed) {
  const int64_t m = a.dim(1), n = b.dim(1), d = a.dim(2);
  const int64_t step = transposed ? m : 1;  // in dy from one row of b to the next
  dispatch_float("distances", a.dtype(), [&]<class T>() {
    const auto& loops = distance_loops_of<T>();
    parallel_ranges(a.dim(0) * m, rows_per_task(n * (d + 1)), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t batch = row / m, i = row % m, first = batch * m * n + (transposed ? i : i * n);
        T* to = da.data<T>() + row * d;
        std::fill_n(to, d, T(0));
        for (int64_t j = 0; j < n; ++j) {
          const T slope = dy.data<T>()[first + j * step];
          const T length = y ? y.data<T>()[first + j * step] : T(0.5);
          const T factor = length == 0 ? T(0) : slope / length;
          loops.add(to, a.data<T>() + row * d, b.data<T>() + (batch * n + j) * d, factor, d);
        }
      }
    });
  });
}

}  // namespace radial
#endif
