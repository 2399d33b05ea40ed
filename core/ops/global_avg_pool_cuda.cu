// Averages over the pixels of a picture: one pass over x (or dx), V channels of 16 bytes a thread where c allows it.
#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::load;
using cuda::Pack;
using cuda::pack_at;
using cuda::store;

// A block averages 32 packs of channels of one picture: a thread takes every 8th pixel, and the 8 sums of a channel are
// added in order.
constexpr int columns = 32, pixel_threads = 8;
constexpr unsigned threads = 256;

template <int V, class T>
__global__ void __launch_bounds__(threads) forward_kernel(T* y, const T* x, int64_t pixels, int64_t c) {
  static_assert(V <= pixel_threads);
  __shared__ cuda::smem_array<float[pixel_threads][columns], V> sums;
  const int64_t channel = (int64_t{blockIdx.y} * columns + threadIdx.x) * V;
  float sum[V] = {};
  if (channel < c) {
    for (int64_t p = threadIdx.y; p < pixels; p += pixel_threads) {
      const Pack<T, V> pack = pack_at<V>(x + (blockIdx.x * pixels + p) * c + channel);
#pragma unroll
      for (int k = 0; k < V; ++k) sum[k] += load(pack.of[k]);
    }
  }
#pragma unroll
  for (int k = 0; k < V; ++k) sums[k][threadIdx.y][threadIdx.x] = sum[k];
  __syncthreads();
  const auto k = static_cast<int>(threadIdx.y);  // of the thread's pack, the channel that it adds up
  if (k >= V || channel >= c) return;
  double total = 0;
  for (int part = 0; part < pixel_threads; ++part) total += sums[k][part][threadIdx.x];
  store(y[blockIdx.x * c + channel + k], static_cast<float>(total / static_cast<double>(pixels)));
}

template <int V, class T>
__global__ void __launch_bounds__(threads) backward_kernel(T* dx, const T* dy, int64_t pixels, int64_t c) {
  const unsigned packs = static_cast<unsigned>(c / V), i = blockIdx.y * threads + threadIdx.x;
  if (i >= pixels * packs) return;
  const Pack<T, V> gradient = pack_at<V>(dy + blockIdx.x * c + int64_t{i % packs} * V);
  Pack<T, V> part;
#pragma unroll
  for (int k = 0; k < V; ++k) store(part.of[k], load(gradient.of[k]) / static_cast<float>(pixels));
  pack_at<V>(dx + blockIdx.x * pixels * c + int64_t{i} * V) = part;
}

unsigned blocks(int64_t work, int64_t per_block) { return static_cast<unsigned>((work + per_block - 1) / per_block); }

}  // namespace

void cuda::global_avg_pool_forward(Tensor& y, const Tensor& x) {
  const int64_t n = x.dim(0), pixels = x.dim(1) * x.dim(2), c = x.dim(3);
  if (y.numel() == 0) return;
  dispatch_cuda("global_avg_pool", x.dtype(), [&]<class T>() {
    dispatch_pack<T>(c, {y.data<T>(), x.data<T>()}, [&]<int V>() {
      launch(use(x.device()).stream, {static_cast<unsigned>(n), blocks(c / V, columns)}, {columns, pixel_threads}, 0,
             forward_kernel<V, T>, y.data<T>(), x.data<T>(), pixels, c);
    });
  });
}

void cuda::global_avg_pool_backward(Tensor& dx, const Tensor& dy) {
  const int64_t n = dx.dim(0), pixels = dx.dim(1) * dx.dim(2), c = dx.dim(3);
  if (dx.numel() == 0) return;
  dispatch_cuda("global_avg_pool", dy.dtype(), [&]<class T>() {
    dispatch_pack<T>(c, {dx.data<T>(), dy.data<T>()}, [&]<int V>() {
      launch(use(dy.device()).stream, {static_cast<unsigned>(n), blocks(pixels * (c / V), threads)}, threads, 0,
             backward_kernel<V, T>, dx.data<T>(), dy.data<T>(), pixels, c);
    });
  });
}

}  // namespace radial
