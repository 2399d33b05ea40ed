// Two passes over memory forward and two backward; the kernels between them touch [c] alone. Elements moved for each
// element of x (R: with residual, M: with residual and relu):
//   statistics       read x
//   apply            read x (R: residual), write y
//   backward_reduce  read dy, x (M: y)
//   backward_apply   read dy, x (M: y), write dx (R: dresidual); adding reads what is written
// The second pass of each goes from the last rows to the first: what the first read last is still in the second-level
// cache.
#include <cmath>

#include "core/cuda/column_sums.h"
#include "core/cuda/each.h"
#include "core/cuda/moments.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::Columns, cuda::ColumnsOfThread, cuda::Pack, cuda::pack_at;

struct FirstRow {
  __device__ int64_t operator()(int64_t, int64_t channel) const { return channel; }
};

template <class T>
struct StoreStatistics {
  float *mean, *var;
  const T* x;
  double rows;

  __device__ void operator()(int64_t channel, double sum, double squares) const {
    const cuda::Statistics of = cuda::statistics_of(cuda::load(x[channel]), sum, squares, rows);
    mean[channel] = static_cast<float>(of.mean);
    var[channel] = static_cast<float>(of.var);
  }
};

struct MoveRunning {
  float *running_mean, *running_var;
  const float *mean, *var;
  double momentum, unbias;

  __device__ void operator()(int64_t i) const {
    const double keep = 1 - momentum;
    running_mean[i] = static_cast<float>(keep * running_mean[i] + momentum * mean[i]);
    running_var[i] = static_cast<float>(keep * running_var[i] + momentum * unbias * var[i]);
  }
};

struct Affine {
  float *a, *b, *inv_std;
  const float *mean, *var, *gamma, *beta;
  double eps;

  __device__ void operator()(int64_t i) const {
    const double inverse = 1 / sqrt(double{var[i]} + eps), slope = gamma[i] * inverse;
    inv_std[i] = static_cast<float>(inverse);
    a[i] = static_cast<float>(slope);
    b[i] = static_cast<float>(beta[i] - mean[i] * slope);
  }
};

template <int V, bool with_residual, class T>
__global__ void __launch_bounds__(cuda::column_threads)
    apply_kernel(T* __restrict__ y, const T* __restrict__ x, const T* __restrict__ residual, const float* a,
                 const float* b, bool relu, Columns columns) {
  const ColumnsOfThread<V> mine(columns, gridDim.x - 1 - blockIdx.x);
  float slope[V], offset[V];
  mine.load_vector(slope, a);
  mine.load_vector(offset, b);
  mine.each_row([&](int64_t, int64_t i) {
    const Pack<T, V> from = pack_at<V>(x + i), add = with_residual ? pack_at<V>(residual + i) : from;
    Pack<T, V> to;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      float value = cuda::load(from.of[k]) * slope[k] + offset[k];
      if (with_residual) value += cuda::load(add.of[k]);
      cuda::store(to.of[k], relu && value < 0 ? 0 : value);
    }
    pack_at<V>(y + i) = to;
  });
}

}  // namespace

void cuda::batch_norm_statistics(Tensor& mean, Tensor& var, const Tensor& x) {
  const Context& context = use(x.device());
  dispatch_cuda("batch_norm", x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    dispatch_pack<T>(x.channels(), {from}, [&]<int V>() {
      const Columns columns = split_for_sums(1, x.rows(), x.channels(), V);
      const Tensor partial = partial_column_sums<V>(context, columns, MomentsOfColumns<T, FirstRow>{from, {}});
      finish_column_sums(context,
                         StoreStatistics<T>{mean.data<float>(), var.data<float>(), from, static_cast<double>(x.rows())},
                         partial);
    });
  });
}

void cuda::batch_norm_running(Tensor& running_mean, Tensor& running_var, const Tensor& mean, const Tensor& var,
                              double momentum, double unbias) {
  each(use(mean.device()), mean.numel(),
       MoveRunning{running_mean.data<float>(), running_var.data<float>(), mean.data<float>(), var.data<float>(),
                   momentum, unbias});
}

void cuda::batch_norm_affine(Tensor& a, Tensor& b, Tensor& inv_std, const Tensor& mean, const Tensor& var,
                             const Tensor& gamma, const Tensor& beta, double eps) {
  check(gamma.dtype() == DType::f32, "batch_norm: got ", name_of(gamma.dtype()), " but needs float32 on the GPU");
  each(use(gamma.device()), gamma.numel(),
       Affine{a.data<float>(), b.data<float>(), inv_std.data<float>(), mean.data<float>(), var.data<float>(),
              gamma.data<float>(), beta.data<float>(), eps});
}

void cuda::batch_norm_apply(Tensor& y, const Tensor& x, const Tensor& a, const Tensor& b, const Tensor& residual,
                            bool relu) {
  if (x.numel() == 0) return;
  const Context& context = use(x.device());
  dispatch_cuda("batch_norm", x.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    const T *from = x.data<T>(), *add = residual ? residual.data<T>() : nullptr;
    dispatch_pack<T>(x.channels(), {to, from, add}, [&]<int V>() {
      const Columns columns = split_for_elements(1, x.rows(), x.channels(), V);
      launch(context.stream, columns.grid, columns.block, 0, add ? apply_kernel<V, true, T> : apply_kernel<V, false, T>,
             to, from, add, a.data<float>(), b.data<float>(), relu, columns);
    });
  });
}

}  // namespace radial
