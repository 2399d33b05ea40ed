// The weights of attention: a warp has a row, whose elements come from memory once and from the cache after that.
// Products and sums are floats within a lane, doubles across lanes.
#include <cmath>

#include "core/cuda/context.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

constexpr unsigned attention_threads = 128, rows_of_block = attention_threads / cuda::warp_threads;

// Rows [b, heads, t] go to warps in order.
__device__ int64_t row_of_warp() { return int64_t{blockIdx.x} * rows_of_block + threadIdx.x / cuda::warp_threads; }

__global__ void __launch_bounds__(attention_threads)
    attention_weights_kernel(float* p, const float* mask, const float* bias, const AttentionGeometry g) {
  const int64_t row = row_of_warp();
  if (row >= g.b * g.heads * g.t) return;  // all lanes of the warp
  const int64_t i = row % g.t, head = row / g.t % g.heads, b = row / g.t / g.heads;
  const unsigned lane = threadIdx.x % cuda::warp_threads;
  const int64_t seen = g.causal ? min(g.s, i + 1) : g.s;
  const float* more_mask = mask ? mask + b * g.mask.b + head * g.mask.head + i * g.mask.t : nullptr;
  const float* more_bias = bias ? bias + b * g.bias.b + head * g.bias.head + i * g.bias.t : nullptr;
  const auto factor = static_cast<float>(g.scale);
  float* to = p + row * g.s;

  float largest = -INFINITY;
  int nans = 0;
  for (int64_t j = lane; j < seen; j += cuda::warp_threads) {
    float value = factor * to[j];
    if (more_mask) value += more_mask[j * g.mask.s];
    if (more_bias) value += more_bias[j * g.bias.s];
    to[j] = value;
    largest = fmaxf(largest, value);
    nans += value != value ? 1 : 0;
  }
  largest = cuda::warp_reduce(largest, cuda::Larger{});
  nans = cuda::warp_sum(nans);
  const bool blind = largest == -INFINITY && nans == 0;
  float sum = 0;
  for (int64_t j = lane; j < seen; j += cuda::warp_threads) {
    const float e = blind ? 0.0F : expf(to[j] - largest);
    to[j] = e;
    sum += e;
  }
  const double total = cuda::warp_sum(double{sum});
  const auto share = static_cast<float>(blind ? 0 : 1 / total);
  for (int64_t j = lane; j < g.s; j += cuda::warp_threads) to[j] = j < seen ? to[j] * share : 0.0F;
}

__global__ void __launch_bounds__(attention_threads)
    attention_weights_backward_kernel(float* dp, const float* p, int64_t rows, int64_t s, float factor) {
  const int64_t row = row_of_warp();
  if (row >= rows) return;
  float sum = 0;
  for (int64_t j = threadIdx.x % cuda::warp_threads; j < s; j += cuda::warp_threads)
    sum += p[row * s + j] * dp[row * s + j];
  const auto mean = static_cast<float>(cuda::warp_sum(double{sum}));
  for (int64_t j = threadIdx.x % cuda::warp_threads; j < s; j += cuda::warp_threads)
    dp[row * s + j] = factor * (p[row * s + j] * (dp[row * s + j] - mean));
}

unsigned attention_blocks(int64_t rows) { return static_cast<unsigned>((rows + rows_of_block - 1) / rows_of_block); }

}  // namespace

void cuda::attention_weights(Tensor& p, const Tensor& mask, const Tensor& bias, const AttentionGeometry& g) {
  const auto values = [](const Tensor& x) { return x.defined() ? x.data<float>() : nullptr; };
  launch(use(p.device()).stream, attention_blocks(g.b * g.heads * g.t), attention_threads, 0, attention_weights_kernel,
         p.data<float>(), values(mask), values(bias), g);
}

void cuda::attention_weights_backward(Tensor& dp, const Tensor& p, double factor) {
  const int64_t s = p.dim(3), rows = p.numel() / s;
  launch(use(p.device()).stream, attention_blocks(rows), attention_threads, 0, attention_weights_backward_kernel,
         dp.data<float>(), p.data<float>(), rows, s, static_cast<float>(factor));
}

}  // namespace radial
