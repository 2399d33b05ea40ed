// The backward pass of batch normalisation: two passes over memory, as described in batch_norm_cuda.cu.
#include "core/cuda/column_sums.h"
#include "core/cuda/each.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::Columns, cuda::ColumnsOfThread, cuda::Pack, cuda::pack_at;

// Where relu's derivative is had from: there is no relu; y, unless it is <= 0; or the same from x, which is read
// anyway.
enum class Sign { none, of_y, of_x };

// dz for the V elements at i. from: x's.
template <Sign sign, int V, class T>
__device__ void load_dz(float (&dz)[V], const T* dy, const T* y, const Pack<T, V>& from, const float (&a)[V],
                        const float (&shift)[V], int64_t i) {
  const Pack<T, V> dout = pack_at<V>(dy + i), out = sign == Sign::of_y ? pack_at<V>(y + i) : dout;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    bool passes = true;
    if constexpr (sign == Sign::of_y) passes = !(cuda::load(out.of[k]) <= 0);
    if constexpr (sign == Sign::of_x) passes = !(cuda::load(from.of[k]) * a[k] + shift[k] <= 0);
    dz[k] = passes ? cuda::load(dout.of[k]) : 0;
  }
}

// Sums of dz and of dz (x - mean).
template <Sign sign, class T>
struct BackwardSums {
  const T *dy, *y, *x;
  const float *mean, *a, *shift;

  template <int V>
  __device__ void operator()(const ColumnsOfThread<V>& mine, double (&sums)[V], double (&products)[V]) const {
    float center[V], slope[V] = {}, offset[V] = {}, s[V] = {}, q[V] = {};
    mine.load_vector(center, mean);
    if constexpr (sign == Sign::of_x) {
      mine.load_vector(slope, a);
      mine.load_vector(offset, shift);
    }
    mine.each_row([&](int64_t, int64_t i) {
      const Pack<T, V> from = pack_at<V>(x + i);
      float dz[V];
      load_dz<sign>(dz, dy, y, from, slope, offset, i);
#pragma unroll
      for (int k = 0; k < V; ++k) {
        s[k] += dz[k];
        q[k] += dz[k] * (cuda::load(from.of[k]) - center[k]);
      }
    });
#pragma unroll
    for (int k = 0; k < V; ++k) {
      sums[k] = s[k];
      products[k] = q[k];
    }
  }
};

struct StoreGradients {
  float *dgamma, *dbeta;
  const float* inv_std;

  __device__ void operator()(int64_t channel, double sum, double product) const {
    dbeta[channel] = static_cast<float>(sum);
    dgamma[channel] = static_cast<float>(product * inv_std[channel]);
  }
};

// dx may be dy: an element is read before it is written, by the same thread.
template <int V, Sign sign, class T>
__global__ void __launch_bounds__(cuda::column_threads)
    backward_apply_kernel(T* dx, bool add_dx, T* dresidual, bool add_dresidual, const T* dy, const T* y, const T* x,
                          const float* a, const float* b, const float* d, const float* shift, Columns columns) {
  const ColumnsOfThread<V> mine(columns, gridDim.x - 1 - blockIdx.x);
  float of_dz[V], of_x[V], constant[V], offset[V] = {};
  mine.load_vector(of_dz, a);
  mine.load_vector(of_x, b);
  mine.load_vector(constant, d);
  if constexpr (sign == Sign::of_x) mine.load_vector(offset, shift);
  mine.each_row([&](int64_t, int64_t i) {
    const Pack<T, V> from = pack_at<V>(x + i);
    float dz[V];
    load_dz<sign>(dz, dy, y, from, of_dz, offset, i);
    const auto write = [&](T* to, bool add, auto value) {
      Pack<T, V> pack = add ? pack_at<V>(to + i) : Pack<T, V>{};
#pragma unroll
      for (int k = 0; k < V; ++k) cuda::store(pack.of[k], add ? cuda::load(pack.of[k]) + value(k) : value(k));
      pack_at<V>(to + i) = pack;
    };
    if (dresidual) write(dresidual, add_dresidual, [&](int k) { return dz[k]; });
    if (dx) write(dx, add_dx, [&](int k) { return dz[k] * of_dz[k] + cuda::load(from.of[k]) * of_x[k] + constant[k]; });
  });
}

struct BackwardAffine {
  float *b, *d;
  const float *a, *mean, *inv_std, *dgamma, *dbeta;
  double rows;

  __device__ void operator()(int64_t i) const {
    const double factor = a[i], slope = -factor * inv_std[i] * dgamma[i] / rows;
    b[i] = static_cast<float>(slope);
    d[i] = static_cast<float>(-factor * dbeta[i] / rows - slope * mean[i]);
  }
};

template <class T, class Any>
auto* data_or_null(Any& tensor) {
  return tensor ? tensor.template data<T>() : nullptr;
}

// f.template operator()<sign>()
template <class F>
void dispatch_sign(const Tensor& y, const Tensor& shift, F&& f) {
  if (!y)
    f.template operator()<Sign::none>();
  else if (!shift)
    f.template operator()<Sign::of_y>();
  else
    f.template operator()<Sign::of_x>();
}

}  // namespace

void cuda::batch_norm_backward_reduce(Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& y, const Tensor& x,
                                      const Tensor& mean, const Tensor& inv_std, const Tensor& a, const Tensor& shift) {
  const Context& context = use(x.device());
  const StoreGradients finish{dgamma.data<float>(), dbeta.data<float>(), inv_std.data<float>()};
  dispatch_cuda("batch_norm", x.dtype(), [&]<class T>() {
    const T *from = x.data<T>(), *dout = dy.data<T>(), *out = data_or_null<T>(y);
    dispatch_pack<T>(x.channels(), {from, dout, out}, [&]<int V>() {
      const Columns columns = split_for_sums(1, x.rows(), x.channels(), V);
      dispatch_sign(y, shift, [&]<Sign sign>() {
        const BackwardSums<sign, T> visit{
            dout, out, from, mean.data<float>(), a.data<float>(), data_or_null<float>(shift)};
        finish_column_sums(context, finish, partial_column_sums<V>(context, columns, visit));
      });
    });
  });
}

void cuda::batch_norm_backward_affine(Tensor& b, Tensor& d, const Tensor& a, const Tensor& mean, const Tensor& inv_std,
                                      const Tensor& dgamma, const Tensor& dbeta, int64_t rows) {
  each(use(a.device()), a.numel(),
       BackwardAffine{b.data<float>(), d.data<float>(), a.data<float>(), mean.data<float>(), inv_std.data<float>(),
                      dgamma.data<float>(), dbeta.data<float>(), static_cast<double>(rows)});
}

void cuda::batch_norm_backward_apply(Tensor& dx, bool accumulate_dx, Tensor& dresidual, bool accumulate_dresidual,
                                     const Tensor& dy, const Tensor& y, const Tensor& x, const Tensor& a,
                                     const Tensor& b, const Tensor& d, const Tensor& shift) {
  if (x.numel() == 0) return;
  const Context& context = use(x.device());
  dispatch_cuda("batch_norm", x.dtype(), [&]<class T>() {
    T *to = data_or_null<T>(dx), *to_residual = data_or_null<T>(dresidual);
    const T *from = x.data<T>(), *dout = dy.data<T>(), *out = data_or_null<T>(y);
    dispatch_pack<T>(x.channels(), {to, to_residual, from, dout, out}, [&]<int V>() {
      const Columns columns = split_for_elements(1, x.rows(), x.channels(), V);
      dispatch_sign(y, shift, [&]<Sign sign>() {
        launch(context.stream, columns.grid, columns.block, 0, backward_apply_kernel<V, sign, T>, to, accumulate_dx,
               to_residual, accumulate_dresidual, dout, out, from, a.data<float>(), b.data<float>(), d.data<float>(),
               data_or_null<float>(shift), columns);
      });
    });
  });
}

}  // namespace radial
