// Copies between strided boxes: a thread an element, of up to 16 bytes, in the order of the target; through tiles of
// shared memory where source and target are contiguous along different dimensions.
#include <algorithm>
#include <utility>

#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

struct alignas(16) Wide {
  uint64_t of[2];
};

struct Assign {
  template <class E>
  __device__ void operator()(E& to, const E& from) const {
    to = from;
  }
};

struct AddTo {
  template <class E>
  __device__ void operator()(E& to, const E& from) const {
    cuda::store(to, cuda::load(to) + cuda::load(from));
  }
};

constexpr int most = Shape::max_rank;

// A box as a kernel takes it; counts in unsigned where 32 bits hold them, as those are divided faster.
template <class I>
struct Box {
  int rank = 0;
  I extents[most] = {};
  int64_t to[most] = {}, from[most] = {};

  // f(where element number `index` lies in `to`, in `from`)
  template <class F>
  __device__ __forceinline__ void place(I index, F f) const {
    int64_t at_to = 0, at_from = 0;
#pragma unroll
    for (int d = most - 1; d >= 0; --d) {
      if (d >= rank) continue;
      const I rest = index / extents[d];
      const auto along = static_cast<int64_t>(index - rest * extents[d]);
      at_to += along * to[d];
      at_from += along * from[d];
      index = rest;
    }
    f(at_to, at_from);
  }
};

template <class I>
Box<I> box_of(const StridedCopy& g, int skip = -1) {
  Box<I> box;
  for (int d = 0; d < g.rank(); ++d) {
    if (d == skip || (skip >= 0 && d == g.rank() - 1)) continue;
    box.extents[box.rank] = static_cast<I>(g.extents[d]);
    box.to[box.rank] = g.to[static_cast<size_t>(d)];
    box.from[box.rank] = g.from[static_cast<size_t>(d)];
    ++box.rank;
  }
  return box;
}

template <class E, class I, class F>
__global__ void __launch_bounds__(cuda::elementwise_threads)
    copy_elements_kernel(E* y, const E* x, Box<I> box, I n, F put) {
  const I stride = static_cast<I>(gridDim.x) * blockDim.x;
  for (I i = static_cast<I>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride)
    box.place(i, [&](int64_t to, int64_t from) { put(y[to], x[from]); });
}

constexpr int tile = 32, tile_rows = 8;

// Two dimensions: `from` is contiguous along a, `to` along b.
struct Tiles {
  int64_t a, b;          // extents
  int64_t to_a, from_b;  // strides
  int64_t tiles_a, tiles_b;
};

template <class E, class I, class F>
__global__ void __launch_bounds__(tile* tile_rows)
    copy_tiles_kernel(E* y, const E* x, Box<I> others, Tiles tiles, F put) {
  __shared__ cuda::smem_array<E[tile + 1], tile> buffer;
  const int64_t unit = blockIdx.x, per_box = tiles.tiles_a * tiles.tiles_b;
  const int64_t a0 = unit / tiles.tiles_b % tiles.tiles_a * tile, b0 = unit % tiles.tiles_b * tile;
  others.place(static_cast<I>(unit / per_box), [&](int64_t to, int64_t from) {
    for (int j = threadIdx.y; j < tile; j += tile_rows) {
      const int64_t a = a0 + threadIdx.x, b = b0 + j;
      if (a < tiles.a && b < tiles.b) buffer[j][threadIdx.x] = x[from + a + b * tiles.from_b];
    }
    __syncthreads();
    for (int i = threadIdx.y; i < tile; i += tile_rows) {
      const int64_t a = a0 + i, b = b0 + threadIdx.x;
      if (a < tiles.a && b < tiles.b) put(y[to + a * tiles.to_a + b], buffer[threadIdx.x][i]);
    }
  });
}

template <class E, class I, class F>
void run_counted(const cuda::Context& context, E* y, const E* x, const StridedCopy& g, F put) {
  const auto last = static_cast<size_t>(g.rank() - 1);
  if (g.rank() > 0 && g.to[last] == 1 && g.from[last] != 1 && g.from[last] != 0) {
    for (int d = 0; d < g.rank() - 1; ++d) {
      const auto at = static_cast<size_t>(d);
      if (g.from[at] != 1) continue;
      Tiles tiles{g.extents[d], g.extents[-1], g.to[at], g.from[last], 0, 0};
      tiles.tiles_a = (tiles.a + tile - 1) / tile;
      tiles.tiles_b = (tiles.b + tile - 1) / tile;
      const int64_t units = g.extents.numel() / (tiles.a * tiles.b) * tiles.tiles_a * tiles.tiles_b;
      return cuda::launch(context.stream, static_cast<unsigned>(units), {tile, tile_rows}, 0,
                          copy_tiles_kernel<E, I, F>, y, x, box_of<I>(g, d), tiles, put);
    }
  }
  const int64_t n = g.extents.numel();
  cuda::launch(context.stream, cuda::elementwise_blocks(context, n), cuda::elementwise_threads, 0,
               copy_elements_kernel<E, I, F>, y, x, box_of<I>(g), static_cast<I>(n), put);
}

template <class E, class F>
void run(const cuda::Context& context, void* y, const void* x, const StridedCopy& g, F put) {
  E* to = static_cast<E*>(y) + g.to_first;
  const E* from = static_cast<const E*>(x) + g.from_first;
  if (g.extents.numel() < int64_t{1} << 30)  // and a stride of the grid more
    run_counted<E, uint32_t>(context, to, from, g, put);
  else
    run_counted<E, int64_t>(context, to, from, g, put);
}

bool aligned(const void* y, const void* x, size_t size) {
  return (reinterpret_cast<uintptr_t>(y) | reinterpret_cast<uintptr_t>(x)) % size == 0;
}

}  // namespace

void cuda::copy_strided(Tensor& y, const Tensor& x, const StridedCopy& copy) {
  if (copy.extents.numel() == 0) return;
  const Context& context = use(y.device());
  StridedCopy g = simplified(copy);
  size_t size = size_of(x.dtype());
  void* to = y.bytes_data();
  const void* from = x.bytes_data();
  while (size < 16 && aligned(to, from, 2 * size) && widen(g)) {
    size *= 2;
    g = simplified(g);
  }
  switch (size) {
    case 1:
      return run<uint8_t>(context, to, from, g, Assign{});
    case 2:
      return run<uint16_t>(context, to, from, g, Assign{});
    case 4:
      return run<uint32_t>(context, to, from, g, Assign{});
    case 8:
      return run<uint64_t>(context, to, from, g, Assign{});
    default:
      return run<Wide>(context, to, from, g, Assign{});
  }
}

void cuda::accumulate_strided(Tensor& y, const Tensor& x, const StridedCopy& copy) {
  if (copy.extents.numel() == 0) return;
  dispatch_cuda("accumulate", y.dtype(),
                [&]<class T>() { run<T>(use(y.device()), y.bytes_data(), x.bytes_data(), simplified(copy), AddTo{}); });
}

}  // namespace radial
