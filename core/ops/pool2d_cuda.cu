// Pooling by windows. A thread has V neighbouring channels of one pixel: 16 bytes of the activations where c allows it.
// From memory come, once each, e bytes an element of x and of y and 4 of index; where windows overlap, the cache
// serves.
#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::load;
using cuda::Pack;
using cuda::pack_at;
using cuda::store;

constexpr unsigned threads = 128;

// Where a thread stands: blocks of one blockIdx.x share a line of pixels.
struct Place {
  bool inside;
  int line, column;
  int64_t channel;
};

template <int V>
__device__ Place place(int64_t width, int64_t c) {
  const auto packs = static_cast<unsigned>(c / V);
  const unsigned i = blockIdx.y * threads + threadIdx.x;
  return {i / packs < static_cast<unsigned>(width), static_cast<int>(blockIdx.x), static_cast<int>(i / packs),
          int64_t{i % packs} * V};
}

__device__ float share_of(const Pool2dGeometry& g, int p, int q) { return 1 / static_cast<float>(g.counted(p, q)); }

template <int V, class T>
__device__ void store_pack(T* place, const float (&values)[V]) {
  Pack<T, V> pack;
#pragma unroll
  for (int k = 0; k < V; ++k) store(pack.of[k], values[k]);
  pack_at<V>(place) = pack;
}

// f(offset of x, position in the picture) for each pixel of the window of output `at`.
template <class F>
__device__ void each_source(const Place& at, const Pool2dGeometry& g, F&& f) {
  const int height = static_cast<int>(g.oh), picture = at.line / height;
  const PoolRange rows = g.rows.window(at.line % height), columns = g.columns.window(at.column);
  for (int r = rows.begin; r < rows.end; ++r)
    for (int s = columns.begin; s < columns.end; ++s)
      f(((picture * g.h + r) * g.w + s) * g.c + at.channel, r * static_cast<int>(g.w) + s);
}

// dx of one place: the sum of add(sum, offset of dy, position in the picture, row and column of dy) over the windows
// that hold it, in their order. A gradient gathered so needs no atomics.
template <int V, class T, class F>
__device__ void gather(T* dx, const Pool2dGeometry& g, F&& add) {
  const Place at = place<V>(g.w, g.c);
  if (!at.inside) return;
  const int height = static_cast<int>(g.h), picture = at.line / height, row = at.line % height;
  const PoolRange rows = g.rows.users(row), columns = g.columns.users(at.column);
  float sum[V] = {};
  for (int p = rows.begin; p < rows.end; ++p)
    for (int q = columns.begin; q < columns.end; ++q)
      add(sum, ((picture * g.oh + p) * g.ow + q) * g.c + at.channel, row * static_cast<int>(g.w) + at.column, p, q);
  store_pack<V>(dx + (at.line * g.w + at.column) * g.c + at.channel, sum);
}

template <int V, class T>
__global__ void __launch_bounds__(threads)
    max_forward_kernel(T* y, int32_t* index, const T* x, const Pool2dGeometry g) {
  const Place at = place<V>(g.ow, g.c);
  if (!at.inside) return;
  float top[V] = {};
  Pack<int32_t, V> where;
#pragma unroll
  for (int k = 0; k < V; ++k) where.of[k] = -1;  // nothing yet
  each_source(at, g, [&](int64_t from, int position) {
    const Pack<T, V> pack = pack_at<V>(x + from);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float value = load(pack.of[k]);
      const bool larger = where.of[k] < 0 || value > top[k] || value != value;
      top[k] = larger ? value : top[k];
      where.of[k] = larger ? position : where.of[k];
    }
  });
  const int64_t to = (at.line * g.ow + at.column) * g.c + at.channel;
  store_pack<V>(y + to, top);
  pack_at<V>(index + to) = where;
}

template <int V, class T>
__global__ void __launch_bounds__(threads)
    max_backward_kernel(T* dx, const T* dy, const int32_t* index, const Pool2dGeometry g) {
  gather<V>(dx, g, [&](float(&sum)[V], int64_t from, int position, int, int) {
    const Pack<int32_t, V> where = pack_at<V>(index + from);
    const Pack<T, V> pack = pack_at<V>(dy + from);
#pragma unroll
    for (int k = 0; k < V; ++k) sum[k] += where.of[k] == position ? load(pack.of[k]) : 0.0F;
  });
}

template <int V, class T>
__global__ void __launch_bounds__(threads) avg_forward_kernel(T* y, const T* x, const Pool2dGeometry g) {
  const Place at = place<V>(g.ow, g.c);
  if (!at.inside) return;
  float sum[V] = {};
  const float share = share_of(g, at.line % static_cast<int>(g.oh), at.column);
  each_source(at, g, [&](int64_t from, int) {
    const Pack<T, V> pack = pack_at<V>(x + from);
#pragma unroll
    for (int k = 0; k < V; ++k) sum[k] += share * load(pack.of[k]);
  });
  store_pack<V>(y + (at.line * g.ow + at.column) * g.c + at.channel, sum);
}

template <int V, class T>
__global__ void __launch_bounds__(threads) avg_backward_kernel(T* dx, const T* dy, const Pool2dGeometry g) {
  gather<V>(dx, g, [&](float(&sum)[V], int64_t from, int, int p, int q) {
    const float share = share_of(g, p, q);
    const Pack<T, V> pack = pack_at<V>(dy + from);
#pragma unroll
    for (int k = 0; k < V; ++k) sum[k] += share * load(pack.of[k]);
  });
}

template <int V>
dim3 grid(int64_t lines, int64_t width, int64_t c) {
  return {static_cast<unsigned>(lines), static_cast<unsigned>((width * (c / V) + threads - 1) / threads)};
}

}  // namespace

void cuda::max_pool2d_forward(Tensor& y, Tensor& index, const Tensor& x, const Pool2dGeometry& g) {
  if (y.numel() == 0) return;
  dispatch_cuda("max_pool2d", x.dtype(), [&]<class T>() {
    int32_t* at = index.data<int32_t>();
    dispatch_pack<T>(g.c, {y.data<T>(), at, x.data<T>()}, [&]<int V>() {
      launch(use(x.device()).stream, grid<V>(g.n * g.oh, g.ow, g.c), threads, 0, max_forward_kernel<V, T>, y.data<T>(),
             at, x.data<T>(), g);
    });
  });
}

void cuda::max_pool2d_backward(Tensor& dx, const Tensor& dy, const Tensor& index, const Pool2dGeometry& g) {
  if (dx.numel() == 0) return;
  dispatch_cuda("max_pool2d", dy.dtype(), [&]<class T>() {
    const int32_t* at = index.data<int32_t>();
    dispatch_pack<T>(g.c, {dx.data<T>(), dy.data<T>(), at}, [&]<int V>() {
      launch(use(dy.device()).stream, grid<V>(g.n * g.h, g.w, g.c), threads, 0, max_backward_kernel<V, T>, dx.data<T>(),
             dy.data<T>(), at, g);
    });
  });
}

void cuda::avg_pool2d_forward(Tensor& y, const Tensor& x, const Pool2dGeometry& g) {
  if (y.numel() == 0) return;
  dispatch_cuda("avg_pool2d", x.dtype(), [&]<class T>() {
    dispatch_pack<T>(g.c, {y.data<T>(), x.data<T>()}, [&]<int V>() {
      launch(use(x.device()).stream, grid<V>(g.n * g.oh, g.ow, g.c), threads, 0, avg_forward_kernel<V, T>, y.data<T>(),
             x.data<T>(), g);
    });
  });
}

void cuda::avg_pool2d_backward(Tensor& dx, const Tensor& dy, const Pool2dGeometry& g) {
  if (dx.numel() == 0) return;
  dispatch_cuda("avg_pool2d", dy.dtype(), [&]<class T>() {
    dispatch_pack<T>(g.c, {dx.data<T>(), dy.data<T>()}, [&]<int V>() {
      launch(use(dy.device()).stream, grid<V>(g.n * g.h, g.w, g.c), threads, 0, avg_backward_kernel<V, T>, dx.data<T>(),
             dy.data<T>(), g);
    });
  });
}

}  // namespace radial
