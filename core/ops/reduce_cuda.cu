// Sums: floats over the few elements of a thread, double across threads by a fixed tree, so that no bit ever changes.
#include <algorithm>

#include "core/cuda/elementwise.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

constexpr unsigned threads = 256;
constexpr int64_t elements_per_block = 16 * threads;

// partial[block] = the sum of the block's 4096 elements
template <class T>
__global__ void __launch_bounds__(threads) partial_sums_kernel(double* partial, const T* x, int64_t n) {
  const int64_t begin = blockIdx.x * elements_per_block, end = min(begin + elements_per_block, n);
  float sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += threads) sum += cuda::load(x[i]);
  const double total = cuda::block_sum<threads>(double{sum});
  if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

template <class T>
__global__ void __launch_bounds__(threads) row_dots_kernel(double* y, const T* a, const T* b, int64_t length) {
  const int64_t row = int64_t{blockIdx.x} * length;
  double sum = 0;
  for (int64_t i = threadIdx.x; i < length; i += threads)
    sum += double{cuda::load(a[row + i])} * double{cuda::load(b[row + i])};
  const double total = cuda::block_sum<threads>(sum);
  if (threadIdx.x == 0) y[blockIdx.x] = total;
}

template <class T>
__global__ void scale_rows_kernel(T* y, const T* x, const double* factors, int64_t n, int64_t length, bool accumulate) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride) {
    const double value = factors[i / length] * double{cuda::load(x[i])};
    cuda::store(y[i], static_cast<float>(value + (accumulate ? double{cuda::load(y[i])} : 0)));
  }
}

struct Spread {
  const float* x;
  float factor;
  __device__ float operator()() const { return factor * *x; }
};

struct InverseNorm {
  double eps;
  __device__ double operator()(double square) const {
    const double norm = sqrt(square);
    return 1 / (norm < eps ? eps : norm);  // a NaN stays one
  }
};

// Nothing where the row was only divided by eps.
struct MinusAlong {
  double eps;
  __device__ double operator()(double along, double factor) const { return factor >= 1 / eps ? 0 : -along * factor; }
};

}  // namespace

void cuda::spread(Tensor& y, const Tensor& x, double factor) {
  dispatch_cuda("spread", y.dtype(), [&]<class T>() {
    elementwise(use(y.device()), Spread{x.data<float>(), static_cast<float>(factor)}, y.numel(), y.data<T>());
  });
}

void cuda::sum(Tensor& y, const Tensor& x, double factor) {
  const int64_t n = x.numel(), parts = (n + elements_per_block - 1) / elements_per_block;
  dispatch_cuda("sum", x.dtype(), [&]<class T>() {
    const cudaStream_t stream = use(x.device()).stream;
    Tensor partial = Tensor::empty({parts}, DType::f64, x.device());
    if (parts > 0)
      launch(stream, static_cast<unsigned>(parts), threads, 0, partial_sums_kernel<T>, partial.data<double>(),
             x.data<T>(), n);
    launch(stream, 1, threads, 0, final_sum_kernel<threads, float>, y.data<float>(), partial.data<double>(), parts,
           factor);
  });
}

void cuda::row_dots(Tensor& y, const Tensor& a, const Tensor& b) {
  if (a.slices() == 0) return;
  dispatch_cuda("row_dots", a.dtype(), [&]<class T>() {
    launch(use(a.device()).stream, static_cast<unsigned>(a.slices()), threads, 0, row_dots_kernel<T>, y.data<double>(),
           a.data<T>(), b.data<T>(), a.slice_numel());
  });
}

void cuda::scale_rows(Tensor& y, const Tensor& x, const Tensor& factors, bool accumulate) {
  const int64_t n = x.numel();
  if (n == 0) return;
  dispatch_cuda("scale_rows", x.dtype(), [&]<class T>() {
    const Context& context = use(x.device());
    launch(context.stream, elementwise_blocks(context, n), elementwise_threads, 0, scale_rows_kernel<T>, y.data<T>(),
           x.data<T>(), factors.data<double>(), n, x.slice_numel(), accumulate);
  });
}

void cuda::l2_normalize_factors(Tensor& factors, double eps) {
  double* values = factors.data<double>();
  elementwise(use(factors.device()), InverseNorm{eps}, factors.numel(), values, values);
}

void cuda::l2_normalize_backward_factors(Tensor& along, const Tensor& factors, double eps) {
  double* values = along.data<double>();
  elementwise(use(along.device()), MinusAlong{eps}, along.numel(), values, values, factors.data<double>());
}

}  // namespace radial
