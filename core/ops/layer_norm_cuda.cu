// A team of threads takes a row: a warp if it is short, else a block. Forward reads x from memory once (and again from
// cache) and writes y. Backward reads dy and x and writes dx the same way; a second pass over dy and x sums dgamma and
// dbeta.
#include <cmath>

#include "core/cuda/column_sums.h"
#include "core/cuda/moments.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

using cuda::ColumnsOfThread, cuda::Pack, cuda::pack_at, cuda::warp_threads;

constexpr unsigned threads = 256;
constexpr int64_t short_row = 1024;  // elements

template <unsigned Team>
__device__ double team_sum(double value) {
  if constexpr (Team == warp_threads)
    return cuda::warp_sum(value);
  else
    return cuda::block_sum<Team>(value);
}

// f(i) for the packs of V elements of a row of c that this thread of the team takes
template <unsigned Team, int V, class F>
__device__ void each_pack(int64_t c, F f) {
  for (int64_t i = int64_t{threadIdx.x} * V; i < c; i += int64_t{Team} * V) f(i);
}

template <unsigned Team, int V, class T>
__global__ void __launch_bounds__(threads)
    forward_kernel(T* __restrict__ y, float* mean, float* inv_std, const T* __restrict__ x, const float* gamma,
                   const float* beta, int64_t rows, int64_t c, double eps) {
  const int64_t row = int64_t{blockIdx.x} * blockDim.y + threadIdx.y;
  if (row >= rows) return;  // the whole team
  const T* from = x + row * c;
  T* to = y + row * c;

  cuda::Moments moments{int64_t{threadIdx.x} * V < c ? cuda::load(from[threadIdx.x * V]) : 0};
  int count = 0;
  each_pack<Team, V>(c, [&](int64_t i) {
    const Pack<T, V> pack = pack_at<V>(from + i);
#pragma unroll
    for (int k = 0; k < V; ++k) moments.add(cuda::load(pack.of[k]));
    count += V;
  });
  const double origin = cuda::load(from[0]);
  const cuda::Statistics of =
      cuda::statistics_of(origin, team_sum<Team>(moments.sum_about(origin, count)),
                          team_sum<Team>(moments.squares_about(origin, count)), static_cast<double>(c));
  const auto m = static_cast<float>(of.mean), inverse = static_cast<float>(1 / sqrt(of.var + eps));
  if (threadIdx.x == 0) {
    mean[row] = m;
    inv_std[row] = inverse;
  }
  each_pack<Team, V>(c, [&](int64_t i) {
    const Pack<T, V> pack = pack_at<V>(from + i);
    const Pack<float, V> weight = pack_at<V>(gamma + i), shift = pack_at<V>(beta + i);
    Pack<T, V> result;
#pragma unroll
    for (int k = 0; k < V; ++k)
      cuda::store(result.of[k], (cuda::load(pack.of[k]) - m) * inverse * weight.of[k] + shift.of[k]);
    pack_at<V>(to + i) = result;
  });
}

// With xhat = (x - mean) inv_std and h = dy gamma: dx = inv_std (h - mean of h - xhat mean of (h xhat)).
template <unsigned Team, int V, class T>
__global__ void __launch_bounds__(threads)
    backward_kernel(T* __restrict__ dx, const T* __restrict__ dy, const T* __restrict__ x, const float* gamma,
                    const float* mean, const float* inv_std, int64_t rows, int64_t c) {
  const int64_t row = int64_t{blockIdx.x} * blockDim.y + threadIdx.y;
  if (row >= rows) return;  // the whole team
  const T *from = x + row * c, *dout = dy + row * c;
  T* to = dx + row * c;
  const float m = mean[row], inverse = inv_std[row];

  // f(h, xhat, k) for the elements of a pack
  const auto each_element = [&](int64_t i, auto f) {
    const Pack<T, V> pack = pack_at<V>(from + i), gradient = pack_at<V>(dout + i);
    const Pack<float, V> weight = pack_at<V>(gamma + i);
#pragma unroll
    for (int k = 0; k < V; ++k) f(cuda::load(gradient.of[k]) * weight.of[k], (cuda::load(pack.of[k]) - m) * inverse, k);
  };
  float sum = 0, product = 0;
  each_pack<Team, V>(c, [&](int64_t i) {
    each_element(i, [&](float h, float xhat, int) {
      sum += h;
      product += h * xhat;
    });
  });
  const auto n = static_cast<double>(c);
  const auto h_mean = static_cast<float>(team_sum<Team>(sum) / n);
  const auto product_mean = static_cast<float>(team_sum<Team>(product) / n);
  each_pack<Team, V>(c, [&](int64_t i) {
    Pack<T, V> result;
    each_element(i, [&](float h, float xhat, int k) {
      cuda::store(result.of[k], inverse * (h - h_mean - xhat * product_mean));
    });
    pack_at<V>(to + i) = result;
  });
}

// Sums of dy and of dy xhat over rows.
template <class T>
struct GradientSums {
  const T *dy, *x;
  const float *mean, *inv_std;

  template <int V>
  __device__ void operator()(const ColumnsOfThread<V>& mine, double (&sums)[V], double (&products)[V]) const {
    float s[V] = {}, q[V] = {};
    mine.each_row([&](int64_t row, int64_t i) {
      const Pack<T, V> dout = pack_at<V>(dy + i), from = pack_at<V>(x + i);
      const float m = mean[row], inverse = inv_std[row];
#pragma unroll
      for (int k = 0; k < V; ++k) {
        const float gradient = cuda::load(dout.of[k]);
        s[k] += gradient;
        q[k] += gradient * ((cuda::load(from.of[k]) - m) * inverse);
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
  __device__ void operator()(int64_t channel, double sum, double product) const {
    dbeta[channel] = static_cast<float>(sum);
    dgamma[channel] = static_cast<float>(product);
  }
};

// f.template operator()<Team>(grid, block)
template <class F>
void with_team(int64_t rows, int64_t c, F&& f) {
  constexpr unsigned teams = threads / warp_threads;
  if (c <= short_row)
    f.template operator()<warp_threads>(static_cast<unsigned>((rows + teams - 1) / teams), dim3(warp_threads, teams));
  else
    f.template operator()<threads>(static_cast<unsigned>(rows), dim3(threads));
}

}  // namespace

void cuda::layer_norm_forward(Tensor& y, Tensor& mean, Tensor& inv_std, const Tensor& x, const Tensor& gamma,
                              const Tensor& beta, double eps) {
  const int64_t rows = x.rows(), c = x.channels();
  if (x.numel() == 0) return;
  const cudaStream_t stream = use(x.device()).stream;
  dispatch_cuda("layer_norm", x.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    const T* from = x.data<T>();
    const float *weight = gamma.data<float>(), *shift = beta.data<float>();
    dispatch_pack<T>(c, {to, from, weight, shift}, [&]<int V>() {
      with_team(rows, c, [&]<unsigned Team>(dim3 grid, dim3 block) {
        launch(stream, grid, block, 0, forward_kernel<Team, V, T>, to, mean.data<float>(), inv_std.data<float>(), from,
               weight, shift, rows, c, eps);
      });
    });
  });
}

void cuda::layer_norm_backward(Tensor& dx, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& x,
                               const Tensor& gamma, const Tensor& mean, const Tensor& inv_std) {
  const int64_t rows = x.rows(), c = x.channels();
  const Context& context = use(x.device());
  dispatch_cuda("layer_norm", x.dtype(), [&]<class T>() {
    T* to = dx.data<T>();
    const T *from = x.data<T>(), *dout = dy.data<T>();
    const float *weight = gamma.data<float>(), *m = mean.data<float>(), *inverse = inv_std.data<float>();
    dispatch_pack<T>(c, {to, from, dout, weight}, [&]<int V>() {
      if (x.numel() > 0)
        with_team(rows, c, [&]<unsigned Team>(dim3 grid, dim3 block) {
          launch(context.stream, grid, block, 0, backward_kernel<Team, V, T>, to, dout, from, weight, m, inverse, rows,
                 c);
        });
      const Tensor partial =
          partial_column_sums<V>(context, split_for_sums(1, rows, c, V), GradientSums<T>{dout, from, m, inverse});
      finish_column_sums(context, StoreGradients{dgamma.data<float>(), dbeta.data<float>()}, partial);
    });
  });
}

}  // namespace radial
