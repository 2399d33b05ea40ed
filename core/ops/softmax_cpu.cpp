// Lane by lane where they are contiguous, else blocks of neighbouring lanes row by row.
#include "core/kernels.h"
#include "core/ops/pointwise_math.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/softmax_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_SOFTMAX_LOOPS
#define RADIAL_SOFTMAX_LOOPS
#include <cmath>
#include <limits>

namespace radial {

constexpr int64_t most_softmax_columns = 256;  // of a block

template <class T>
struct SoftmaxLoops {
  // [lanes, count]
  void (*lanes)(T* y, const T* x, int64_t lanes, int64_t count, bool logarithm);
  void (*lanes_backward)(T* dx, const T* dy, const T* y, int64_t lanes, int64_t count, bool logarithm);
  // [count, columns], rows `stride` apart
  void (*columns)(T* y, const T* x, int64_t count, int64_t columns, int64_t stride, bool logarithm);
  void (*columns_backward)(T* dx, const T* dy, const T* y, int64_t count, int64_t columns, int64_t stride,
                           bool logarithm);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct Softmax {
  // What is taken off: the largest; NaN where there is no finite one, or a NaN.
  static T top_of(T top, int64_t numbers, int64_t count) {
    return numbers == count && std::isfinite(top) ? top : std::numeric_limits<T>::quiet_NaN();
  }

  static void lanes(T* y, const T* x, int64_t lanes, int64_t count, bool logarithm) {
    for (int64_t lane = 0; lane < lanes; ++lane, x += count, y += count) {
      T largest = -std::numeric_limits<T>::infinity();
      int32_t numbers = 0;
#pragma omp simd reduction(max : largest) reduction(+ : numbers)
      for (int64_t i = 0; i < count; ++i) {
        largest = x[i] > largest ? x[i] : largest;
        numbers += x[i] == x[i] ? 1 : 0;
      }
      const T top = top_of(largest, numbers, static_cast<int32_t>(count));
      double sum = 0;
      if (logarithm) {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(pointwise::exp(x[i] - top));
        const T log_sum = static_cast<T>(std::log(sum));
        for (int64_t i = 0; i < count; ++i) y[i] = x[i] - top - log_sum;
      } else {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < count; ++i) {
          const T e = pointwise::exp(x[i] - top);
          y[i] = e;
          sum += static_cast<double>(e);
        }
        const T factor = static_cast<T>(1 / sum);
        for (int64_t i = 0; i < count; ++i) y[i] *= factor;
      }
    }
  }

  static void lanes_backward(T* dx, const T* dy, const T* y, int64_t lanes, int64_t count, bool logarithm) {
    for (int64_t lane = 0; lane < lanes; ++lane, dx += count, dy += count, y += count) {
      double sum = 0;
      if (logarithm) {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(dy[i]);
        const T total = static_cast<T>(sum);
        for (int64_t i = 0; i < count; ++i) dx[i] = dy[i] - pointwise::exp(y[i]) * total;
      } else {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(y[i]) * static_cast<double>(dy[i]);
        const T mean = static_cast<T>(sum);
        for (int64_t i = 0; i < count; ++i) dx[i] = y[i] * (dy[i] - mean);
      }
    }
  }

  static void columns(T* y, const T* x, int64_t count, int64_t columns, int64_t stride, bool logarithm) {
    T top[most_softmax_columns], last[most_softmax_columns];
    double sum[most_softmax_columns];
    for (int64_t i = 0; i < columns; ++i) top[i] = -std::numeric_limits<T>::infinity(), sum[i] = 0;
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < columns; ++i) {
        const T value = x[r * stride + i];
        top[i] = (!(value <= top[i]) & (top[i] == top[i])) ? value : top[i];  // a NaN is kept
      }
    for (int64_t i = 0; i < columns; ++i) top[i] = top_of(top[i], 1, 1);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < columns; ++i) {
        const T e = pointwise::exp(x[r * stride + i] - top[i]);
        if (!logarithm) y[r * stride + i] = e;
        sum[i] += static_cast<double>(e);
      }
    for (int64_t i = 0; i < columns; ++i) last[i] = static_cast<T>(logarithm ? std::log(sum[i]) : 1 / sum[i]);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < columns; ++i) {
        T& to = y[r * stride + i];
        to = logarithm ? x[r * stride + i] - top[i] - last[i] : to * last[i];
      }
  }

  static void columns_backward(T* dx, const T* dy, const T* y, int64_t count, int64_t columns, int64_t stride,
                               bool logarithm) {
    double sum[most_softmax_columns];
    T total[most_softmax_columns];
    for (int64_t i = 0; i < columns; ++i) sum[i] = 0;
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < columns; ++i) {
        const double d = static_cast<double>(dy[r * stride + i]);
        sum[i] += logarithm ? d : d * static_cast<double>(y[r * stride + i]);
      }
    for (int64_t i = 0; i < columns; ++i) total[i] = static_cast<T>(sum[i]);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < columns; ++i) {
        const int64_t at = r * stride + i;
        dx[at] = logarithm ? dy[at] - pointwise::exp(y[at]) * total[i] : y[at] * (dy[at] - total[i]);
      }
  }
};

template <class T>
constexpr SoftmaxLoops<T> softmax_loops{Softmax<T>::lanes, Softmax<T>::lanes_backward, Softmax<T>::columns,
                                        Softmax<T>::columns_backward};

const SoftmaxLoops<float>& softmax_f32() { return softmax_loops<float>; }
const SoftmaxLoops<double>& softmax_f64() { return softmax_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

namespace radial {

namespace {

HWY_EXPORT(softmax_f32);
HWY_EXPORT(softmax_f64);

template <class T>
const SoftmaxLoops<T>& softmax_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(softmax_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(softmax_f64)();
}

// f(place of the first column, how many) for each block of neighbouring lanes.
template <class F>
void each_block_of_columns(const Lanes& lanes, F&& f) {
  const int64_t width = std::min(lanes.inner, most_softmax_columns), blocks = divide_up(lanes.inner, width);
  parallel_ranges(lanes.outer * blocks, rows_per_task(lanes.count * width), [&](int64_t first, int64_t end) {
    for (int64_t unit = first; unit < end; ++unit) {
      const int64_t column = unit % blocks * width;
      f(unit / blocks * lanes.count * lanes.inner + column, std::min(width, lanes.inner - column));
    }
  });
}

}  // namespace

void cpu::softmax(Tensor& y, const Tensor& x, const Lanes& lanes, bool logarithm) {
  if (x.numel() == 0) return;
  dispatch_float("softmax", x.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    const T* from = x.data<T>();
    if (lanes.inner == 1)
      parallel_ranges(lanes.outer, rows_per_task(lanes.count), [&](int64_t first, int64_t end) {
        const int64_t at = first * lanes.count;
        softmax_loops_of<T>().lanes(to + at, from + at, end - first, lanes.count, logarithm);
      });
    else
      each_block_of_columns(lanes, [&](int64_t at, int64_t columns) {
        softmax_loops_of<T>().columns(to + at, from + at, lanes.count, columns, lanes.inner, logarithm);
      });
  });
}

void cpu::softmax_backward(Tensor& dx, const Tensor& dy, const Tensor& y, const Lanes& lanes, bool logarithm) {
  if (y.numel() == 0) return;
  dispatch_float("softmax", y.dtype(), [&]<class T>() {
    T* to = dx.data<T>();
    const T *slope = dy.data<T>(), *from = y.data<T>();
    if (lanes.inner == 1)
      parallel_ranges(lanes.outer, rows_per_task(lanes.count), [&](int64_t first, int64_t end) {
        const int64_t at = first * lanes.count;
        softmax_loops_of<T>().lanes_backward(to + at, slope + at, from + at, end - first, lanes.count, logarithm);
      });
    else
      each_block_of_columns(lanes, [&](int64_t at, int64_t columns) {
        softmax_loops_of<T>().columns_backward(to + at, slope + at, from + at, lanes.count, columns, lanes.inner,
                                               logarithm);
      });
  });
}

}  // namespace radial
#endif
