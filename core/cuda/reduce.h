// Sums and maxima over the threads of a warp and of a block by a fixed tree: the same bits each time.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/cuda/dtypes.h"

namespace radial::cuda {

constexpr unsigned warp_threads = 32, all_lanes = 0xFFFFFFFFu;

struct Plus {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};

struct Larger {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }  // NaN is no number to it
};

// Every lane gets the warp's values, combined.
template <class T, class F>
__device__ __forceinline__ T warp_reduce(T value, F combine) {
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) value = combine(value, __shfl_xor_sync(all_lanes, value, lanes));
  return value;
}

// Every thread gets the values of the block, whose `Threads` threads lie along x, combined; `neutral` changes nothing.
// All of them must call it; it may be called again at once.
template <unsigned Threads, class T, class F>
__device__ T block_reduce(T value, T neutral, F combine) {
  static_assert(Threads % warp_threads == 0 && Threads <= 1024);
  constexpr unsigned warps = Threads / warp_threads;
  __shared__ smem_array<T, static_cast<int>(warps)> values;
  const unsigned lane = threadIdx.x % warp_threads, warp = threadIdx.x / warp_threads;
  value = warp_reduce(value, combine);
  __syncthreads();  // all have read the values of an earlier call
  if (lane == 0) values[warp] = value;
  __syncthreads();
  return warp_reduce(lane < warps ? values[lane] : neutral, combine);
}

template <class T>
__device__ __forceinline__ T warp_sum(T value) {
  return warp_reduce(value, Plus{});
}

template <unsigned Threads, class T>
__device__ T block_sum(T value) {
  return block_reduce<Threads>(value, T(0), Plus{});
}

template <unsigned Threads>
__device__ float block_max(float value) {
  return block_reduce<Threads>(value, -INFINITY, Larger{});
}

// y = factor times the sum of n values, by one block: the second step of a sum whose blocks left a value each.
template <unsigned Threads, class T>
__global__ void __launch_bounds__(Threads) final_sum_kernel(T* y, const double* x, int64_t n, double factor) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < n; i += Threads) sum += x[i];
  const double total = block_sum<Threads>(sum);
  if (threadIdx.x == 0) store(*y, static_cast<arithmetic<T>>(factor * total));
}

}  // namespace radial::cuda
