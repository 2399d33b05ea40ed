// Where a thread stands, barriers, shuffles and votes.
#pragma once

#include <cstring>
#include <type_traits>

#include "tests/cuda_emulation/block.h"

#define threadIdx (::cuda_emulation::this_thread())
#define blockIdx (::cuda_emulation::this_block())
#define blockDim (::cuda_emulation::block_extent())
#define gridDim (::cuda_emulation::grid_extent())
#define warpSize 32

namespace cuda_emulation {

template <class T>
T shuffle(unsigned mask, T value, int source, Where where) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = meet(Collective::shuffle, where, bits, mask, static_cast<unsigned>(source));
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// The lane `source` if it lies in the caller's part of `width` lanes, else the caller.
inline int within(int source, int width) {
  const int lane = static_cast<int>(this_lane()), begin = lane / width * width;
  return source >= begin && source < begin + width ? source : lane;
}

}  // namespace cuda_emulation

#define CUDA_EMULATION_WHERE ::cuda_emulation::Where where = ::cuda_emulation::Where::here()

inline void __syncthreads(CUDA_EMULATION_WHERE) { meet(cuda_emulation::Collective::barrier, where); }
inline int __syncthreads_count(int predicate, CUDA_EMULATION_WHERE) {
  return static_cast<int>(meet(cuda_emulation::Collective::barrier, where, predicate != 0));
}
inline int __syncthreads_or(int predicate, CUDA_EMULATION_WHERE) { return __syncthreads_count(predicate, where) != 0; }
inline int __syncthreads_and(int predicate, CUDA_EMULATION_WHERE) {
  return __syncthreads_count(predicate == 0, where) == 0;
}
inline void __syncwarp(unsigned mask = ~0u, CUDA_EMULATION_WHERE) {
  meet(cuda_emulation::Collective::warp_barrier, where, 0, mask);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, CUDA_EMULATION_WHERE) {
  return static_cast<unsigned>(meet(cuda_emulation::Collective::vote, where, predicate != 0, mask));
}
inline int __any_sync(unsigned mask, int predicate, CUDA_EMULATION_WHERE) {
  return __ballot_sync(mask, predicate, where) != 0;
}
inline int __all_sync(unsigned mask, int predicate, CUDA_EMULATION_WHERE) {
  return __ballot_sync(mask, predicate, where) == mask;
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, CUDA_EMULATION_WHERE) {
  const int begin = static_cast<int>(cuda_emulation::this_lane()) / width * width;
  return cuda_emulation::shuffle(mask, value, begin + (source & (width - 1)), where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, CUDA_EMULATION_WHERE) {
  const int source = static_cast<int>(cuda_emulation::this_lane()) ^ lanes;
  return cuda_emulation::shuffle(mask, value, cuda_emulation::within(source, width), where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = 32, CUDA_EMULATION_WHERE) {
  const int source = static_cast<int>(cuda_emulation::this_lane() + lanes);
  return cuda_emulation::shuffle(mask, value, cuda_emulation::within(source, width), where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned lanes, int width = 32, CUDA_EMULATION_WHERE) {
  const int source = static_cast<int>(cuda_emulation::this_lane()) - static_cast<int>(lanes);
  return cuda_emulation::shuffle(mask, value, cuda_emulation::within(source, width), where);
}
