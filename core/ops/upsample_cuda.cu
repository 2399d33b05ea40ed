// A thread has V neighbouring channels of one pixel: 16 bytes where c allows it. Backward a pixel of x gathers from the
// pixels of y that it took part in, in their order: no atomics.
#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::load;
using cuda::Pack;
using cuda::pack_at;
using cuda::store;

constexpr unsigned upsample_threads = 128;

// Which pixel, and which of its channels, thread number i has.
struct UpsampledPixel {
  int64_t n, row, column, channel;
  __device__ UpsampledPixel(int64_t i, int64_t packs, int64_t height, int64_t width, int pack)
      : n(i / packs / width / height),
        row(i / packs / width % height),
        column(i / packs % width),
        channel(i % packs * pack) {}
};

template <int V, class T>
__global__ void __launch_bounds__(upsample_threads)
    upsample_forward_kernel(T* y, const T* x, const UpsampleGeometry g, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * upsample_threads + threadIdx.x;
  if (i >= count) return;
  const UpsampledPixel at(i, g.c / V, g.rows.to, g.columns.to, V);
  const auto row = g.rows.at(at.row), column = g.columns.at(at.column);
  const T* picture = x + at.n * g.rows.from * g.columns.from * g.c + at.channel;
  const auto pixel = [&](int64_t r, int64_t s) { return pack_at<V>(picture + (r * g.columns.from + s) * g.c); };
  const Pack<T, V> a = pixel(row.first, column.first), b = pixel(row.first, column.second);
  const Pack<T, V> c = pixel(row.second, column.first), d = pixel(row.second, column.second);
  const auto v = static_cast<float>(row.weight), u = static_cast<float>(column.weight);
  Pack<T, V> result;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    // a neighbour of weight 0 does not count, be it NaN
    const float above = u == 0 ? load(a.of[k]) : (1 - u) * load(a.of[k]) + u * load(b.of[k]);
    const float below = u == 0 ? load(c.of[k]) : (1 - u) * load(c.of[k]) + u * load(d.of[k]);
    store(result.of[k], v == 0 ? above : (1 - v) * above + v * below);
  }
  pack_at<V>(y + i * V) = result;
}

template <int V, class T>
__global__ void __launch_bounds__(upsample_threads)
    upsample_backward_kernel(T* dx, const T* dy, const UpsampleGeometry g, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * upsample_threads + threadIdx.x;
  if (i >= count) return;
  const UpsampledPixel at(i, g.c / V, g.rows.from, g.columns.from, V);
  const auto rows = g.rows.users(at.row), columns = g.columns.users(at.column);
  const T* picture = dy + at.n * g.rows.to * g.columns.to * g.c + at.channel;
  float sum[V] = {};
  for (int64_t r = rows.begin; r < rows.end; ++r) {
    const auto v = static_cast<float>(g.rows.weight(r, at.row));
    if (v == 0) continue;
    for (int64_t s = columns.begin; s < columns.end; ++s) {
      const float weight = v * static_cast<float>(g.columns.weight(s, at.column));
      if (weight == 0) continue;
      const Pack<T, V> pack = pack_at<V>(picture + (r * g.columns.to + s) * g.c);
#pragma unroll
      for (int k = 0; k < V; ++k) sum[k] += weight * load(pack.of[k]);
    }
  }
  Pack<T, V> result;
#pragma unroll
  for (int k = 0; k < V; ++k) store(result.of[k], sum[k]);
  pack_at<V>(dx + i * V) = result;
}

unsigned upsample_blocks(int64_t count) {
  return static_cast<unsigned>((count + upsample_threads - 1) / upsample_threads);
}

}  // namespace

void cuda::upsample_forward(Tensor& y, const Tensor& x, const UpsampleGeometry& g) {
  dispatch_cuda("upsample", x.dtype(), [&]<class T>() {
    dispatch_pack<T>(g.c, {y.data<T>(), x.data<T>()}, [&]<int V>() {
      const int64_t count = y.numel() / V;
      launch(use(x.device()).stream, upsample_blocks(count), upsample_threads, 0, upsample_forward_kernel<V, T>,
             y.data<T>(), x.data<T>(), g, count);
    });
  });
}

void cuda::upsample_backward(Tensor& dx, const Tensor& dy, const UpsampleGeometry& g) {
  dispatch_cuda("upsample", dy.dtype(), [&]<class T>() {
    dispatch_pack<T>(g.c, {dx.data<T>(), dy.data<T>()}, [&]<int V>() {
      const int64_t count = dx.numel() / V;
      launch(use(dy.device()).stream, upsample_blocks(count), upsample_threads, 0, upsample_backward_kernel<V, T>,
             dx.data<T>(), dy.data<T>(), g, count);
    });
  });
}

}  // namespace radial
