// Elementwise kernels: one pass over memory each. Sums over rows: floats within a thread, doubles across threads.
#include <cmath>

#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

template <class T>
struct Constant {
  cuda::arithmetic<T> value;
  __device__ cuda::arithmetic<T> operator()() const { return value; }
};

template <class To>
struct Convert {
  template <class From>
  __device__ cuda::arithmetic<To> operator()(From x) const {
    return static_cast<cuda::arithmetic<To>>(x);
  }
};

struct AddScaled {
  float factor;
  __device__ float operator()(float y, float x) const { return y + factor * x; }
};

struct Add {
  __device__ float operator()(float a, float b) const { return a + b; }
};
struct Subtract {
  __device__ float operator()(float a, float b) const { return a - b; }
};
struct Multiply {
  __device__ float operator()(float a, float b) const { return a * b; }
};

struct Scale {
  float factor;
  __device__ float operator()(float x) const { return factor * x; }
};

// A NaN stays a NaN and lets its gradient pass: it is neither below 0 nor above the top. Nothing is above a top of NaN.
struct Clip {
  float top;
  __device__ float operator()(float x) const {
    const float positive = x < 0 ? 0 : x;
    return positive > top ? top : positive;
  }
};

struct ClipBackward {
  float top;
  __device__ float operator()(float dy, float y) const { return y <= 0 || y >= top ? 0 : dy; }
  __device__ float operator()(float dy, float y, float dx) const { return dx + (*this)(dy, y); }
};

float top_of(Activation activation) { return activation == Activation::relu6 ? 6.0F : NAN; }

template <class F>
void dispatch_any(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f64:
      return f.template operator()<double>();
    case DType::bf16:
      return f.template operator()<bf16>();
    case DType::u8:
      return f.template operator()<uint8_t>();
    case DType::i32:
      return f.template operator()<int32_t>();
  }
}

template <class T, class B>
__global__ void bias_kernel(T* y, const T* x, const B* b, int64_t n, int64_t c) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride)
    cuda::store(y[i], cuda::load(x[i]) + cuda::load(b[i % c]));
}

// Sums over rows go in two steps: a block sums rows_per_block rows of 32 columns into a row of `partial`; then a block
// sums all rows of `partial` for 32 columns. In both a thread takes every 8th row, and the 8 sums of a column are added
// in order.
constexpr int64_t rows_per_block = 256;
constexpr int columns = 32, row_threads = 8;

// The sum of the column's 8 threads, for the first of them.
__device__ double sum_of_column(double mine) {
  __shared__ cuda::smem_array<double[columns], row_threads> sums;
  sums[threadIdx.y][threadIdx.x] = mine;
  __syncthreads();
  double total = 0;
  if (threadIdx.y == 0)
    for (int k = 0; k < row_threads; ++k) total += sums[k][threadIdx.x];
  return total;
}

template <class T>
__global__ void partial_row_sums_kernel(double* partial, const T* x, int64_t rows, int64_t c) {
  const int64_t column = int64_t{blockIdx.y} * columns + threadIdx.x;
  const int64_t begin = blockIdx.x * rows_per_block, end = min(begin + rows_per_block, rows);
  float sum = 0;
  if (column < c)
    for (int64_t r = begin + threadIdx.y; r < end; r += row_threads) sum += cuda::load(x[r * c + column]);
  const double total = sum_of_column(sum);
  if (threadIdx.y == 0 && column < c) partial[blockIdx.x * c + column] = total;
}

template <class T>
__global__ void final_row_sums_kernel(T* y, const double* partial, int64_t rows, int64_t c, bool accumulate) {
  const int64_t column = int64_t{blockIdx.x} * columns + threadIdx.x;
  double sum = 0;
  if (column < c)
    for (int64_t r = threadIdx.y; r < rows; r += row_threads) sum += partial[r * c + column];
  const double total = sum_of_column(sum);
  if (threadIdx.y != 0 || column >= c) return;
  cuda::store(y[column], static_cast<float>(total + (accumulate ? double{cuda::load(y[column])} : 0)));
}

template <class F, class T>
void binary_of(Tensor& y, const Tensor& a, const Tensor& b) {
  cuda::elementwise(cuda::use(y.device()), F{}, y.numel(), y.data<T>(), a.data<T>(), b.data<T>());
}

}  // namespace

void cuda::fill(Tensor& y, double value) {
  dispatch_any(y.dtype(), [&]<class T>() {
    elementwise(use(y.device()), Constant<T>{static_cast<arithmetic<T>>(value)}, y.numel(), y.data<T>());
  });
}

void cuda::copy(Tensor& y, const Tensor& x) {
  const Context& context = use(y.device());
  if (x.dtype() == y.dtype()) {
    if (x.bytes() == 0) return;
    check_cuda(cudaMemcpyAsync(y.bytes_data(), x.bytes_data(), x.bytes(), cudaMemcpyDeviceToDevice, context.stream),
               "copy");
    return;
  }
  dispatch_any(x.dtype(), [&]<class From>() {
    dispatch_any(y.dtype(),
                 [&]<class To>() { elementwise(context, Convert<To>{}, y.numel(), y.data<To>(), x.data<From>()); });
  });
}

void cuda::accumulate(Tensor& y, const Tensor& x, double factor) {
  dispatch_cuda("accumulate", y.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    elementwise(use(y.device()), AddScaled{static_cast<float>(factor)}, y.numel(), to, to, x.data<T>());
  });
}

void cuda::binary(Tensor& y, const Tensor& a, const Tensor& b, Binary op) {
  dispatch_cuda("binary", y.dtype(), [&]<class T>() {
    switch (op) {
      case Binary::add:
        return binary_of<Add, T>(y, a, b);
      case Binary::sub:
        return binary_of<Subtract, T>(y, a, b);
      case Binary::mul:
        return binary_of<Multiply, T>(y, a, b);
    }
  });
}

void cuda::scale(Tensor& y, const Tensor& x, double factor) {
  dispatch_cuda("scale", y.dtype(), [&]<class T>() {
    elementwise(use(y.device()), Scale{static_cast<float>(factor)}, y.numel(), y.data<T>(), x.data<T>());
  });
}

void cuda::activation_forward(Tensor& y, const Tensor& x, Activation activation) {
  dispatch_cuda("relu", y.dtype(), [&]<class T>() {
    elementwise(use(y.device()), Clip{top_of(activation)}, y.numel(), y.data<T>(), x.data<T>());
  });
}

void cuda::activation_backward(Tensor& dx, const Tensor& dy, const Tensor& y, Activation activation, bool accumulate) {
  dispatch_cuda("relu", y.dtype(), [&]<class T>() {
    const Context& context = use(y.device());
    const ClipBackward backward{top_of(activation)};
    T* to = dx.data<T>();
    if (accumulate)
      elementwise(context, backward, y.numel(), to, dy.data<T>(), y.data<T>(), to);
    else
      elementwise(context, backward, y.numel(), to, dy.data<T>(), y.data<T>());
  });
}

void cuda::bias_forward(Tensor& y, const Tensor& x, const Tensor& b) {
  const int64_t n = x.numel();
  if (n == 0) return;
  dispatch_cuda("bias", y.dtype(), [&]<class T>() {
    const Context& context = use(y.device());
    dispatch_cuda("bias", b.dtype(), [&]<class B>() {
      launch(context.stream, elementwise_blocks(context, n), elementwise_threads, 0, bias_kernel<T, B>, y.data<T>(),
             x.data<T>(), b.data<B>(), n, x.channels());
    });
  });
}

void cuda::sum_rows(Tensor& db, const Tensor& dy, bool accumulate) {
  const int64_t rows = dy.rows(), c = dy.channels(), parts = (rows + rows_per_block - 1) / rows_per_block;
  if (c == 0) return;
  dispatch_cuda("sum_rows", dy.dtype(), [&]<class T>() {
    const cudaStream_t stream = use(dy.device()).stream;
    const auto column_blocks = static_cast<unsigned>((c + columns - 1) / columns);
    Tensor partial = Tensor::empty({parts, c}, DType::f64, dy.device());
    if (parts > 0)
      launch(stream, {static_cast<unsigned>(parts), column_blocks}, {columns, row_threads}, 0,
             partial_row_sums_kernel<T>, partial.data<double>(), dy.data<T>(), rows, c);
    dispatch_cuda("sum_rows", db.dtype(), [&]<class B>() {
      launch(stream, column_blocks, {columns, row_threads}, 0, final_row_sums_kernel<B>, db.data<B>(),
             partial.data<double>(), parts, c, accumulate);
    });
  });
}

}  // namespace radial
