// Mean and variance of numbers that may lie far from zero. A thread sums x and x² in float, about its own first number,
// so that no digits cancel; threads add theirs in double, about one origin for all, so that those of equal numbers
// have no variance at all.
#pragma once

#include "core/cuda/columns.h"

namespace radial::cuda {

struct Moments {
  float shift, sum = 0, squares = 0;  // of x - shift and (x - shift)²

  __device__ void add(float x) {
    const float d = x - shift;
    sum += d;
    squares += d * d;
  }

  // The sums of x - origin and of (x - origin)² over the count numbers that were added.
  __device__ double sum_about(double origin, double count) const { return sum + count * (shift - origin); }
  __device__ double squares_about(double origin, double count) const {
    const double d = shift - origin;
    return squares + d * (2 * double{sum} + count * d);
  }
};

// The sums of x - origin and (x - origin)² of a thread's channels, for column_sums.h. origin: a struct with
// `__device__ int64_t operator()(int64_t slab, int64_t channel) const`, where in x the origin lies.
template <class T, class Origin>
struct MomentsOfColumns {
  const T* x;
  Origin origin;

  template <int V>
  __device__ void operator()(const ColumnsOfThread<V>& mine, double (&sums)[V], double (&squares)[V]) const {
    if (mine.count() == 0) return;
    Moments moments[V];
#pragma unroll
    for (int k = 0; k < V; ++k) moments[k].shift = load(x[mine.begin * mine.c + mine.channel + k]);
    mine.each_row([&](int64_t, int64_t i) {
      const Pack<T, V> from = pack_at<V>(x + i);
#pragma unroll
      for (int k = 0; k < V; ++k) moments[k].add(load(from.of[k]));
    });
    const auto count = static_cast<double>(mine.count());
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const double about = load(x[origin(mine.slab, mine.channel + k)]);
      sums[k] = moments[k].sum_about(about, count);
      squares[k] = moments[k].squares_about(about, count);
    }
  }
};

struct Statistics {
  double mean, var;  // var biased
};

// From the sums of x - origin and (x - origin)² over count numbers. A NaN stays one.
__device__ __forceinline__ Statistics statistics_of(double origin, double sum, double squares, double count) {
  const double d = sum / count, var = squares / count - d * d;
  return {origin + d, var < 0 ? 0 : var};
}

}  // namespace radial::cuda
