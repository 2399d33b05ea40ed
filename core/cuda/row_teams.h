// The rows of many tensors in one launch: a warp takes a row of up to 1024 elements, a block a longer one, so that
// small and large tensors are spread over the card evenly.
#pragma once

#include <cstdint>

#include "core/cuda/reduce.h"
#include "core/host_device.h"

namespace radial::cuda {

constexpr unsigned row_threads = 256;  // of a block

// The rows of one tensor and the blocks that take them.
struct RowBlocks {
  int64_t count = 0, length = 0;
  int64_t first_block = 0;  // blocks that the tensors before this one take

  RADIAL_HOST_DEVICE bool warp_each() const { return length <= 1024; }
  RADIAL_HOST_DEVICE int64_t per_block() const { return warp_each() ? row_threads / warp_threads : 1; }
  RADIAL_HOST_DEVICE int64_t blocks() const { return (count + per_block() - 1) / per_block(); }
};

// The entry of a table whose rows (a member `rows`, in the table's order) the running block takes.
template <class Entry>
__device__ const Entry& entry_of_block(const Entry* table, int entries) {
  int begin = 0, end = entries;
  while (end - begin > 1) {
    const int middle = (begin + end) / 2;
    (table[middle].rows.first_block <= blockIdx.x ? begin : end) = middle;
  }
  return table[begin];
}

// The threads that take a row together. There is none at the end of a tensor whose rows do not fill the last block.
struct RowTeam {
  bool is_warp;
  int64_t row;
  int64_t thread, threads;  // this one of how many

  // block: counted from the tensor's first
  __device__ RowTeam(const RowBlocks& rows, int64_t block)
      : is_warp(rows.warp_each()),
        row(is_warp ? block * rows.per_block() + threadIdx.x / warp_threads : block),
        thread(is_warp ? threadIdx.x % warp_threads : threadIdx.x),
        threads(is_warp ? warp_threads : row_threads) {}

  // Every thread gets the sum of all threads of the team, which must all call it.
  __device__ double sum(double value) const { return is_warp ? warp_sum(value) : block_sum<row_threads>(value); }
};

}  // namespace radial::cuda
