// Sums over the threads of a warp and of a block by a fixed tree: the same bits each time. T: float or double.
#pragma once

#include "core/cuda/gpu.h"

namespace radial::cuda {

constexpr unsigned warp_threads = 32, all_lanes = 0xFFFFFFFFu;

// Every lane gets the sum of the warp.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) value += __shfl_xor_sync(all_lanes, value, lanes);
  return value;
}

// Every thread gets the sum of the block, whose `Threads` threads lie along x. All of them must call it; it may be
// called again at once.
template <unsigned Threads, class T>
__device__ T block_sum(T value) {
  static_assert(Threads % warp_threads == 0 && Threads <= 1024);
  constexpr unsigned warps = Threads / warp_threads;
  __shared__ smem_array<T, static_cast<int>(warps)> sums;
  const unsigned lane = threadIdx.x % warp_threads, warp = threadIdx.x / warp_threads;
  value = warp_sum(value);
  __syncthreads();  // all have read the sums of an earlier call
  if (lane == 0) sums[warp] = value;
  __syncthreads();
  return warp_sum(lane < warps ? sums[lane] : T(0));
}

}  // namespace radial::cuda
