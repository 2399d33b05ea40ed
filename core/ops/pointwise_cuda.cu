// What fills, converts and adds up memory: one pass over it each. Sums over rows: floats within a thread, doubles
// across threads.
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
