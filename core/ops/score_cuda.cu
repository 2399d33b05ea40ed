// A block a row counts the classes before the label; one block adds up the hits.
#include <cmath>
#include <limits>

#include "core/cuda/context.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

constexpr unsigned threads = 256;
constexpr int32_t never = std::numeric_limits<int32_t>::max();

template <class T>
__global__ void __launch_bounds__(threads)
    classes_before_kernel(int32_t* before, const T* logits, const int32_t* labels, int64_t classes) {
  const int64_t row = blockIdx.x;
  const int32_t label = labels[row];
  const T* x = logits + row * classes;
  const float own = label >= 0 && label < classes ? cuda::load(x[label]) : NAN;
  int32_t mine = 0;
  for (int64_t c = threadIdx.x; c < classes; c += threads) {
    // written so that a comparison with NaN counts against the label
    const float other = cuda::load(x[c]);
    const bool after = c < label ? other < own : other <= own;
    mine += c == label || after ? 0 : 1;
  }
  const int32_t all = cuda::block_sum<threads>(mine);
  if (threadIdx.x == 0) before[row] = own == own ? all : never;
}

__global__ void __launch_bounds__(threads)
    hits_kernel(double* score, const float* loss, const int32_t* before, int64_t n) {
  int64_t top1 = 0, top5 = 0;
  for (int64_t i = threadIdx.x; i < n; i += threads) {
    top1 += before[i] < 1 ? 1 : 0;
    top5 += before[i] < 5 ? 1 : 0;
  }
  top1 = cuda::block_sum<threads>(top1);
  top5 = cuda::block_sum<threads>(top5);
  if (threadIdx.x != 0) return;
  score[0] = double{*loss};
  score[1] = static_cast<double>(top1);
  score[2] = static_cast<double>(top5);
}

}  // namespace

void cuda::score_batch(Tensor& score, const Tensor& loss, const Tensor& logits, const Tensor& labels) {
  const int64_t n = logits.dim(0);
  dispatch_cuda("score_batch", logits.dtype(), [&]<class T>() {
    const cudaStream_t stream = use(logits.device()).stream;
    Tensor before = Tensor::empty({n}, DType::i32, logits.device());
    if (n > 0)
      launch(stream, static_cast<unsigned>(n), threads, 0, classes_before_kernel<T>, before.data<int32_t>(),
             logits.data<T>(), labels.data<int32_t>(), logits.dim(1));
    launch(stream, 1, threads, 0, hits_kernel, score.data<double>(), loss.data<float>(), before.data<int32_t>(), n);
  });
}

}  // namespace radial
