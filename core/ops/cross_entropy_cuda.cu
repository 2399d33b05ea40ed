// A block a row, whose classes come from memory once and from the cache after that; the largest logit is taken off
// first, so nothing overflows. Floats within a thread, doubles across threads and rows.
#include <cmath>

#include "core/cuda/context.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::load;
using cuda::store;

constexpr unsigned threads = 256;

// p_k = exp(x_k - top) / sum
struct Normalizer {
  float top;
  double sum;
};

template <class T>
__device__ Normalizer normalizer_of(const T* x, int64_t classes) {
  float top = -INFINITY, sum = 0;
  for (int64_t k = threadIdx.x; k < classes; k += threads) top = fmaxf(top, load(x[k]));
  top = cuda::block_max<threads>(top);
  for (int64_t k = threadIdx.x; k < classes; k += threads) sum += expf(load(x[k]) - top);
  return {top, cuda::block_sum<threads>(double{sum})};
}

// Smoothed targets of a row: (1 - smoothing) t + smoothing / classes; NaN where the label is none.
template <class T>
struct Targets {
  Targets(const Tensor& targets, double smoothing, int64_t classes)
      : label(targets.dtype() == DType::i32 ? targets.data<int32_t>() : nullptr),
        soft(label ? nullptr : targets.data<T>()),
        keep(static_cast<float>(1 - smoothing)),
        add(static_cast<float>(smoothing / static_cast<double>(classes))),
        count(classes) {}
  __device__ float operator()(int64_t row, int64_t k) const {
    if (!label) return keep * load(soft[row * count + k]) + add;
    const int32_t own = label[row];
    return own < 0 || own >= count ? NAN : keep * (own == k ? 1.0F : 0.0F) + add;
  }
  // All threads of a block must ask.
  __device__ float sum(int64_t row) const {
    if (label) return 1;
    float mine = 0;
    for (int64_t k = threadIdx.x; k < count; k += threads) mine += (*this)(row, k);
    return static_cast<float>(cuda::block_sum<threads>(double{mine}));
  }
  const int32_t* label;
  const T* soft;
  float keep, add;
  int64_t count;
};

template <class T>
__global__ void __launch_bounds__(threads)
    forward_kernel(double* losses, float* p, const T* logits, const Targets<T> target, int64_t classes) {
  const int64_t row = blockIdx.x;
  const T* x = logits + row * classes;
  const Normalizer normalizer = normalizer_of(x, classes);
  const auto sum = static_cast<float>(normalizer.sum), log_sum = static_cast<float>(log(normalizer.sum));
  float loss = 0;
  for (int64_t k = threadIdx.x; k < classes; k += threads) {
    const float below = load(x[k]) - normalizer.top, t = target(row, k);
    p[row * classes + k] = expf(below) / sum;
    if (t != 0) loss += t * (log_sum - below);
  }
  const double total = cuda::block_sum<threads>(double{loss});
  if (threadIdx.x == 0) losses[row] = total;
}

template <class T>
__global__ void __launch_bounds__(threads)
    backward_kernel(T* dlogits, const float* dloss, const float* p, const Targets<T> target, int64_t classes) {
  const int64_t row = blockIdx.x;
  const float factor = *dloss / static_cast<float>(gridDim.x), sum = target.sum(row);
  for (int64_t k = threadIdx.x; k < classes; k += threads) {
    const int64_t i = row * classes + k;
    store(dlogits[i], factor * (p[i] * sum - target(row, k)));
  }
}

}  // namespace

void cuda::cross_entropy_forward(Tensor& loss, Tensor& p, const Tensor& logits, const Tensor& targets,
                                 double smoothing) {
  const int64_t n = logits.rows(), classes = logits.channels();
  dispatch_cuda("cross_entropy", logits.dtype(), [&]<class T>() {
    const cudaStream_t stream = use(logits.device()).stream;
    Tensor losses = Tensor::empty({n}, DType::f64, logits.device());
    launch(stream, static_cast<unsigned>(n), threads, 0, forward_kernel<T>, losses.data<double>(), p.data<float>(),
           logits.data<T>(), Targets<T>(targets, smoothing, classes), classes);
    launch(stream, 1, threads, 0, final_sum_kernel<threads, float>, loss.data<float>(), losses.data<double>(), n,
           1 / static_cast<double>(n));
  });
}

void cuda::cross_entropy_backward(Tensor& dlogits, const Tensor& dloss, const Tensor& p, const Tensor& targets,
                                  double smoothing) {
  const int64_t n = p.rows(), classes = p.channels();
  dispatch_cuda("cross_entropy", dlogits.dtype(), [&]<class T>() {
    launch(use(p.device()).stream, static_cast<unsigned>(n), threads, 0, backward_kernel<T>, dlogits.data<T>(),
           dloss.data<float>(), p.data<float>(), Targets<T>(targets, smoothing, classes), classes);
  });
}

}  // namespace radial
