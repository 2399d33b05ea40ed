// Forward a warp has a pair of rows; backward a thread has an element of the gradient and walks along the other rows.
#include "core/cuda/elementwise.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::load;

constexpr unsigned distance_threads = 128, pairs_of_block = distance_threads / cuda::warp_threads;

template <class T>
__global__ void __launch_bounds__(distance_threads)
    distances_kernel(float* y, const T* a, const T* b, int64_t pairs, int64_t m, int64_t n, int64_t d, bool root) {
  const int64_t pair = int64_t{blockIdx.x} * pairs_of_block + threadIdx.x / cuda::warp_threads;
  if (pair >= pairs) return;  // all lanes of the warp
  const T* left = a + pair / n * d;
  const T* right = b + (pair / n / m * n + pair % n) * d;
  float sum = 0;
  for (int64_t k = threadIdx.x % cuda::warp_threads; k < d; k += cuda::warp_threads) {
    const float difference = load(left[k]) - load(right[k]);
    sum += difference * difference;
  }
  const auto square = static_cast<float>(cuda::warp_sum(double{sum}));
  if (threadIdx.x % cuda::warp_threads == 0) y[pair] = root ? sqrtf(square) : square;
}

template <class T>
__global__ void __launch_bounds__(distance_threads)
    distances_backward_kernel(T* da, const float* dy, const float* y, const T* a, const T* b, int64_t count, int64_t m,
                              int64_t n, int64_t d, bool transposed) {
  const int64_t at = int64_t{blockIdx.x} * distance_threads + threadIdx.x;
  if (at >= count) return;
  const int64_t row = at / d, k = at % d, batch = row / m, i = row % m;
  const int64_t first = batch * m * n + (transposed ? i : i * n), step = transposed ? m : 1;
  const float mine = load(a[at]);
  float sum = 0;
  for (int64_t j = 0; j < n; ++j) {
    const float length = y ? y[first + j * step] : 0.5F;
    const float factor = length == 0 ? 0.0F : dy[first + j * step] / length;
    sum += factor * (mine - load(b[(batch * n + j) * d + k]));
  }
  cuda::store(da[at], sum);
}

unsigned distance_blocks(int64_t count, int64_t of_block) {
  return static_cast<unsigned>((count + of_block - 1) / of_block);
}

}  // namespace

void cuda::distances(Tensor& y, const Tensor& a, const Tensor& b, bool root) {
  dispatch_cuda("distances", a.dtype(), [&]<class T>() {
    launch(use(a.device()).stream, distance_blocks(y.numel(), pairs_of_block), distance_threads, 0, distances_kernel<T>,
           y.data<float>(), a.data<T>(), b.data<T>(), y.numel(), a.dim(1), b.dim(1), a.dim(2), root);
  });
}

void cuda::distances_backward(Tensor& da, const Tensor& dy, const Tensor& y, const Tensor& a, const Tensor& b,
                              bool transposed) {
  dispatch_cuda("distances", a.dtype(), [&]<class T>() {
    const float* roots = y.defined() ? y.data<float>() : nullptr;
    launch(use(a.device()).stream, distance_blocks(da.numel(), distance_threads), distance_threads, 0,
           distances_backward_kernel<T>, da.data<T>(), dy.data<float>(), roots, a.data<T>(), b.data<T>(), da.numel(),
           a.dim(1), b.dim(1), a.dim(2), transposed);
  });
}

}  // namespace radial
