// Passes over x [slabs, rows, c] where a thread keeps V neighbouring channels and goes down the rows, so that what
// belongs to a channel stays in registers. Neighbouring threads take neighbouring channels first, then neighbouring
// rows: what a block reads at once is contiguous, whatever c. Who takes what follows from the shape alone.
#pragma once

#include <algorithm>

#include "core/cuda/elementwise.h"

namespace radial::cuda {

constexpr int column_threads = 256;  // of a block, at most: packs of channels times rows

// The work of a pass: `parts` blocks of rows_per_part rows a slab, times blocks of channels.
struct Columns {
  int64_t slabs, rows, c;
  int64_t rows_per_part, parts;
  dim3 grid, block;
};

// At most about `blocks` blocks, but least_rows rows a thread or more, and not above 128, which float can sum.
inline Columns split_columns(int64_t slabs, int64_t rows, int64_t c, int pack, int64_t blocks, int64_t least_rows) {
  const auto divide = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  const int64_t packs = std::max<int64_t>(1, divide(c, pack)), column_blocks = divide(packs, 32);
  const int64_t across = divide(packs, column_blocks), down = column_threads / across;
  const int64_t wanted = divide(slabs * rows * column_blocks, down * blocks);
  const int64_t rows_per_part = down * std::clamp<int64_t>(wanted, least_rows, 128);
  Columns columns{slabs, rows, c, rows_per_part, divide(rows, rows_per_part), {}, {}};
  columns.grid = {static_cast<unsigned>(slabs * columns.parts), static_cast<unsigned>(column_blocks)};
  columns.block = {static_cast<unsigned>(across), static_cast<unsigned>(down)};
  return columns;
}

// For sums: two rounds of the four blocks that each of an H100's 132 multiprocessors holds, and few partial sums.
inline Columns split_for_sums(int64_t slabs, int64_t rows, int64_t c, int pack) {
  return split_columns(slabs, rows, c, pack, 1024, 16);
}

// For results that are written element by element: many small blocks, so that all multiprocessors end together.
inline Columns split_for_elements(int64_t slabs, int64_t rows, int64_t c, int pack) {
  return split_columns(slabs, rows, c, pack, 8192, 8);
}

// What a thread takes: channels [channel, channel + V) of rows begin, begin + step, ... of a slab.
template <int V>
struct ColumnsOfThread {
  int64_t slab, channel, c, begin, end;  // rows counted over all slabs; none if the channel is none of x
  unsigned step;

  // block: the block's number along the grid's x.
  __device__ ColumnsOfThread(const Columns& columns, int64_t block) : c(columns.c), step(blockDim.y) {
    const int64_t part = block % columns.parts, first = part * columns.rows_per_part;
    slab = block / columns.parts;
    channel = (int64_t{blockIdx.y} * blockDim.x + threadIdx.x) * V;
    begin = slab * columns.rows + first + threadIdx.y;
    end = channel < c ? slab * columns.rows + min(first + columns.rows_per_part, columns.rows) : begin;
  }

  __device__ int64_t count() const { return begin < end ? (end - begin + step - 1) / step : 0; }

  // f(row, index of the row's first element that the thread takes)
  template <class F>
  __device__ void each_row(F f) const {
#pragma unroll 4
    for (int64_t row = begin; row < end; row += step) f(row, row * c + channel);
  }

  // of[k] = values[channel + k], 0 where there is no such channel
  __device__ void load_vector(float (&of)[V], const float* values) const {
#pragma unroll
    for (int k = 0; k < V; ++k) of[k] = channel < c ? values[channel + k] : 0;
  }
};

}  // namespace radial::cuda
