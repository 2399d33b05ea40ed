// Two sums over the rows of each channel of x [slabs, rows, c], such as those of x and x²: floats over the few rows of
// a thread, doubles across threads, in a fixed order. Two launches: a block's sums to `partial`, then the sums of
// those.
#pragma once

#include <bit>

#include "core/cuda/columns.h"
#include "core/tensor.h"

namespace radial::cuda {

// partial [slabs, parts, 2, c]: what visit(mine, first, second) gives for the rows of a thread, summed over the block.
template <int V, class Visit>
__global__ void __launch_bounds__(column_threads)
    partial_column_sums_kernel(double* partial, Visit visit, Columns columns) {
  const ColumnsOfThread<V> mine(columns, blockIdx.x);
  double first[V] = {}, second[V] = {};
  visit(mine, first, second);

  __shared__ smem_array<double, 2 * V * column_threads> sums;
  const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    sums[k * column_threads + thread] = first[k];
    sums[(V + k) * column_threads + thread] = second[k];
  }
  __syncthreads();
  for (unsigned i = thread; i < 2 * V * blockDim.x; i += blockDim.x * blockDim.y) {
    const unsigned sum = i / blockDim.x, across = i % blockDim.x;
    const int64_t channel = (int64_t{blockIdx.y} * blockDim.x + across) * V + sum % V;
    double total = 0;
    for (unsigned down = 0; down < blockDim.y; ++down) total += sums[sum * column_threads + down * blockDim.x + across];
    if (channel < columns.c) partial[(int64_t{blockIdx.x} * 2 + sum / V) * columns.c + channel] = total;
  }
}

// finish(cell, first, second) with the totals over parts, for each cell = slab * c + channel.
template <class Finish>
__global__ void __launch_bounds__(column_threads)
    final_column_sums_kernel(Finish finish, const double* partial, int64_t parts, int64_t cells, int64_t c) {
  __shared__ smem_array<double, 2 * column_threads> sums;
  double *first = &sums[0], *second = &sums[column_threads];
  const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
  const int64_t cell = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  double s = 0, q = 0;
  if (cell < cells) {
    const double* from = partial + cell / c * parts * 2 * c + cell % c;
#pragma unroll 4
    for (int64_t part = threadIdx.y; part < parts; part += blockDim.y) {
      s += from[part * 2 * c];
      q += from[(part * 2 + 1) * c];
    }
  }
  first[thread] = s;
  second[thread] = q;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y >= half) continue;
    first[thread] += first[thread + half * blockDim.x];
    second[thread] += second[thread + half * blockDim.x];
  }
  if (threadIdx.y == 0 && cell < cells) finish(cell, first[thread], second[thread]);
}

// visit: a struct with `template <int V> __device__ void operator()(const ColumnsOfThread<V>& mine, double (&first)[V],
// double (&second)[V]) const`.
template <int V, class Visit>
Tensor partial_column_sums(const Context& context, const Columns& columns, const Visit& visit) {
  Tensor partial =
      Tensor::empty({columns.slabs, columns.parts, 2, columns.c}, DType::f64, {DeviceType::cuda, context.index});
  if (partial.numel() > 0)
    launch(context.stream, columns.grid, columns.block, 0, partial_column_sums_kernel<V, Visit>, partial.data<double>(),
           visit, columns);
  return partial;
}

// finish: a struct with `__device__ void operator()(int64_t cell, double first, double second) const`.
template <class Finish>
void finish_column_sums(const Context& context, const Finish& finish, const Tensor& partial) {
  const int64_t slabs = partial.dim(0), parts = partial.dim(1), c = partial.dim(3), cells = slabs * c;
  if (cells == 0) return;
  const unsigned down = std::bit_ceil(static_cast<unsigned>(std::clamp<int64_t>(parts, 1, 64)));
  const unsigned across = column_threads / down;
  launch(context.stream, static_cast<unsigned>((cells + across - 1) / across), {across, down}, 0,
         final_column_sums_kernel<Finish>, finish, partial.data<double>(), parts, cells, c);
}

}  // namespace radial::cuda
