// y (+)= op(a) op(b). A block computes a tile of 64 x 64 results: it walks along k in steps of 32, both factors' parts
// in shared memory, each of its 256 threads with 4 x 4 sums in registers. The next step's parts are on their way from
// memory while this one's are multiplied. Where y has few tiles, several blocks share the k of a tile; each leaves its
// sums in a buffer, and a second kernel adds them in order. From memory come a, n / 64 times, and b, m / 64 times:
// mostly from the cache.
#include <algorithm>

#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::load;
using cuda::Pack;
using cuda::pack_at;

constexpr int tile = 64, depth = 32, side = 4;
constexpr unsigned threads = (tile / side) * (tile / side);
constexpr int64_t enough_blocks = 264;  // two for each multiprocessor of an H100

// A factor as it lies in memory. Its outer positions are the rows of op(a) or the columns of op(b).
template <class T>
struct Factor {
  Factor(const Tensor& x, int64_t outer, int64_t k, bool k_along_row_, const BatchedGeometry::Factor& steps_)
      : data(x.data<T>()),
        rows(k_along_row_ ? outer : k),
        columns(k_along_row_ ? k : outer),
        steps(steps_),
        k_along_row(k_along_row_),
        packed((columns | steps.row | steps.outer | steps.inner) % side == 0 &&
               reinterpret_cast<uintptr_t>(data) % sizeof(Pack<T, side>) == 0) {}
  const T* data;
  int64_t rows, columns;
  BatchedGeometry::Factor steps;
  bool k_along_row;  // as in a and b'; else the outer positions lie along rows
  bool packed;       // 4 elements can be read at once
};

// Where matrix i of a batch begins.
__device__ int64_t matrix_place(const BatchedGeometry::Factor& steps, int64_t i, int64_t inner) {
  return i / inner * steps.outer + i % inner * steps.inner;
}

// What a block multiplies: k-major, packs of 4 outer positions. The order of the packs differs from k to k, so that
// threads that write along k meet different banks.
using Tile = cuda::smem_array<Pack<float, side>, depth * tile / side>;
__device__ int slot(int k, int outer_pack) { return k * (tile / side) + (outer_pack ^ (k / side % 8)); }

// A thread's share of a tile, while it is on its way: packs number threadIdx.x and threadIdx.x + threads.
constexpr int shares = depth * tile / side / static_cast<int>(threads);
using Share = Pack<float, side>[shares];

// Four elements along a row; zeros outside.
template <class T>
__device__ Pack<float, side> fetch(const Factor<T>& f, int64_t row, int64_t column) {
  Pack<float, side> values = {};
  if (row >= f.rows || column >= f.columns) return values;
  const T* from = f.data + row * f.steps.row + column;
  if (f.packed) {
    const Pack<T, side> pack = pack_at<side>(from);
#pragma unroll
    for (int j = 0; j < side; ++j) values.of[j] = load(pack.of[j]);
  } else {
#pragma unroll
    for (int j = 0; j < side; ++j)
      if (column + j < f.columns) values.of[j] = load(from[j]);
  }
  return values;
}

template <class T>
__device__ void fetch(Share& share, const Factor<T>& f, int64_t outer, int64_t k) {
  constexpr int along_k = depth / side, along_outer = tile / side;
#pragma unroll
  for (int s = 0; s < shares; ++s) {
    const int i = static_cast<int>(threadIdx.x + s * threads);
    share[s] = f.k_along_row ? fetch(f, outer + i / along_k, k + i % along_k * side)
                             : fetch(f, k + i / along_outer, outer + i % along_outer * side);
  }
}

__device__ void put(Tile& to, const Share& share, bool k_along_row) {
  constexpr int along_k = depth / side, along_outer = tile / side;
#pragma unroll
  for (int s = 0; s < shares; ++s) {
    const int i = static_cast<int>(threadIdx.x + s * threads);
    if (k_along_row) {
      const int outer = i / along_k;
#pragma unroll
      for (int j = 0; j < side; ++j) to[slot(i % along_k * side + j, outer / side)].of[outer % side] = share[s].of[j];
    } else {
      to[slot(i / along_outer, i % along_outer)] = share[s];
    }
  }
}

// Blocks along x: tiles of y [m, n], row by row, matrix after matrix. Along y: parts of k, of steps_per_part * depth;
// part p goes to y + p m n.
template <class Y, class A, class B>
__global__ void __launch_bounds__(threads)
    multiply_kernel(Y* y, Factor<A> a, Factor<B> b, const BatchedGeometry g, int64_t steps_per_part, bool accumulate) {
  __shared__ Tile a_tile;
  __shared__ Tile b_tile;
  const int64_t m = g.m, n = g.n, k = g.k;
  const int64_t tile_columns = (n + tile - 1) / tile, tiles = (m + tile - 1) / tile * tile_columns;
  const int64_t matrix = blockIdx.x / tiles, at_tile = blockIdx.x % tiles;
  const int64_t row = at_tile / tile_columns * tile, column = at_tile % tile_columns * tile;
  a.data += matrix_place(a.steps, matrix, g.inner);
  b.data += matrix_place(b.steps, matrix, g.inner);
  y += matrix_place(g.y, matrix, g.inner);
  const int64_t first = blockIdx.y * steps_per_part * depth, end = min(k, first + steps_per_part * depth);
  const int ty = static_cast<int>(threadIdx.x) / (tile / side), tx = static_cast<int>(threadIdx.x) % (tile / side);

  float sum[side][side] = {};
  Share a_share, b_share;
  fetch(a_share, a, row, first);
  fetch(b_share, b, column, first);
  for (int64_t at = first; at < end; at += depth) {
    __syncthreads();  // all have multiplied the step before
    put(a_tile, a_share, a.k_along_row);
    put(b_tile, b_share, b.k_along_row);
    __syncthreads();
    if (at + depth < end) {
      fetch(a_share, a, row, at + depth);
      fetch(b_share, b, column, at + depth);
    }
#pragma unroll
    for (int i = 0; i < depth; ++i) {
      const Pack<float, side> u = a_tile[slot(i, ty)], v = b_tile[slot(i, tx)];
#pragma unroll
      for (int r = 0; r < side; ++r)
#pragma unroll
        for (int s = 0; s < side; ++s) sum[r][s] += u.of[r] * v.of[s];
    }
  }

  y += blockIdx.y * m * n;
  for (int r = 0; r < side; ++r) {
    for (int s = 0; s < side; ++s) {
      const int64_t i = row + ty * side + r, j = column + tx * side + s;
      if (i >= m || j >= n) continue;
      Y& to = y[i * g.y.row + j];
      cuda::store(to, sum[r][s] + (accumulate ? load(to) : 0.0F));
    }
  }
}

// y (+)= the sum of the parts, in order
template <class Y>
__global__ void add_parts_kernel(Y* y, const float* parts, int64_t count, int64_t elements, bool accumulate) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < elements; i += stride) {
    double total = accumulate ? double{load(y[i])} : 0;
    for (int64_t p = 0; p < count; ++p) total += parts[p * elements + i];
    cuda::store(y[i], static_cast<float>(total));
  }
}

// In how many parts k is cut: as many as fill the device, of two steps at least.
struct Split {
  explicit Split(const BatchedGeometry& g) {
    const int64_t steps = (g.k + depth - 1) / depth;
    tiles = ((g.m + tile - 1) / tile) * ((g.n + tile - 1) / tile);
    const bool whole = g.count() > 1 || g.y.row != g.n;
    const int64_t wanted =
        whole ? 1 : std::clamp<int64_t>(std::min(enough_blocks / tiles, steps / 2), 1, enough_blocks);
    steps_per_part = (steps + wanted - 1) / wanted;
    parts = steps == 0 ? 1 : (steps + steps_per_part - 1) / steps_per_part;
  }
  int64_t tiles, steps_per_part, parts;
};

// A single matrix may be cut along k; its results then lie without gaps.
template <class Y, class A, class B>
void multiply(Tensor& y, const Tensor& a, const Tensor& b, const BatchedGeometry& g, bool accumulate) {
  const cuda::Context& context = cuda::use(y.device());
  const Split split(g);
  const Factor<A> left(a, g.m, g.k, !g.a.transposed, g.a);
  const Factor<B> right(b, g.n, g.k, g.b.transposed, g.b);
  const dim3 grid(static_cast<unsigned>(g.count() * split.tiles), static_cast<unsigned>(split.parts));
  if (split.parts == 1)
    return cuda::launch(context.stream, grid, threads, 0, multiply_kernel<Y, A, B>, y.data<Y>(), left, right, g,
                        split.steps_per_part, accumulate);
  const int64_t elements = g.m * g.n;
  Tensor parts = Tensor::empty({split.parts, elements}, DType::f32, y.device());
  cuda::launch(context.stream, grid, threads, 0, multiply_kernel<float, A, B>, parts.data<float>(), left, right, g,
               split.steps_per_part, false);
  cuda::launch(context.stream, cuda::elementwise_blocks(context, elements), cuda::elementwise_threads, 0,
               add_parts_kernel<Y>, y.data<Y>(), parts.data<float>(), split.parts, elements, accumulate);
}

}  // namespace

void cuda::bmm(Tensor& y, const Tensor& a, const Tensor& b, const BatchedGeometry& g, bool accumulate) {
  if (y.numel() == 0) return;
  dispatch_cuda("bmm", y.dtype(), [&]<class Y>() {
    dispatch_cuda("bmm", a.dtype(), [&]<class A>() {
      dispatch_cuda("bmm", b.dtype(), [&]<class B>() { multiply<Y, A, B>(y, a, b, g, accumulate); });
    });
  });
}

void cuda::matmul(Tensor& y, const Tensor& a, const Tensor& b, const MatmulGeometry& g, bool accumulate) {
  cuda::bmm(y, a, b,
            {.outer = 1,
             .inner = 1,
             .m = g.m,
             .n = g.n,
             .k = g.k,
             .y = {.row = g.n},
             .a = {.row = g.transpose_a ? g.m : g.k, .transposed = g.transpose_a},
             .b = {.row = g.transpose_b ? g.k : g.n, .transposed = g.transpose_b}},
            accumulate);
}

}  // namespace radial
