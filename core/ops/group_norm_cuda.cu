// Two passes over memory forward (read x; read x, write y) and two backward (read dy, x; read dy, x, write dx). The
// first of each sums a picture's channels, whatever the groups; small kernels put the channels of a group together.
#include <cmath>

#include "core/cuda/column_sums.h"
#include "core/cuda/moments.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"
#include "core/untracked.h"

namespace radial {

namespace {

using cuda::Columns, cuda::ColumnsOfThread, cuda::Pack, cuda::pack_at, cuda::warp_threads;

struct FirstOfGroup {
  GroupNormGeometry g;
  __device__ int64_t operator()(int64_t picture, int64_t channel) const {
    const int64_t size = g.c / g.groups;
    return picture * g.pixels * g.c + channel / size * size;
  }
};

// of[k] = values[picture, group of channel + k]
template <int V>
__device__ void load_groups(float (&of)[V], const float* values, const ColumnsOfThread<V>& mine,
                            const GroupNormGeometry& g) {
#pragma unroll
  for (int k = 0; k < V; ++k)
    of[k] = mine.channel < g.c ? values[mine.slab * g.groups + (mine.channel + k) / (g.c / g.groups)] : 0;
}

// of[k] = values[channel + k], 1 without values
template <int V>
__device__ void load_weights(float (&of)[V], const float* values, const ColumnsOfThread<V>& mine) {
#pragma unroll
  for (int k = 0; k < V; ++k) of[k] = 1;
  if (values) mine.load_vector(of, values);
}

// totals [n, 2, c]
struct StoreTotals {
  double* totals;
  int64_t c;
  __device__ void operator()(int64_t cell, double first, double second) const {
    const int64_t picture = cell / c, channel = cell % c;
    totals[2 * picture * c + channel] = first;
    totals[(2 * picture + 1) * c + channel] = second;
  }
};

// finish(group over all pictures, first, second) with the sums of weight totals over the channels of each group, a warp
// a group; weight may be null
template <class Finish>
__global__ void group_sums_kernel(Finish finish, const double* totals, const float* weight, GroupNormGeometry g) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.y + threadIdx.y, picture = i / g.groups, size = g.c / g.groups;
  if (i >= g.n * g.groups) return;  // the whole warp
  double first = 0, second = 0;
  for (int64_t channel = i % g.groups * size + threadIdx.x; channel < (i % g.groups + 1) * size;
       channel += warp_threads) {
    const double factor = weight ? weight[channel] : 1;
    first += factor * totals[2 * picture * g.c + channel];
    second += factor * totals[(2 * picture + 1) * g.c + channel];
  }
  first = cuda::warp_sum(first);
  second = cuda::warp_sum(second);
  if (threadIdx.x == 0) finish(i, first, second);
}

template <class Finish>
void sum_groups(const cuda::Context& context, const Finish& finish, const Tensor& totals, const float* weight,
                const GroupNormGeometry& g) {
  constexpr unsigned groups_per_block = 8;
  if (g.n * g.groups == 0) return;
  cuda::launch(context.stream, static_cast<unsigned>((g.n * g.groups + groups_per_block - 1) / groups_per_block),
               {warp_threads, groups_per_block}, 0, group_sums_kernel<Finish>, finish, totals.data<double>(), weight,
               g);
}

template <class T>
struct StoreStatistics {
  float *mean, *inv_std;
  const T* x;
  GroupNormGeometry g;

  __device__ void operator()(int64_t i, double sum, double squares) const {
    const int64_t size = g.c / g.groups, origin = FirstOfGroup{g}(i / g.groups, i % g.groups * size);
    const cuda::Statistics of =
        cuda::statistics_of(cuda::load(x[origin]), sum, squares, static_cast<double>(g.pixels * size));
    mean[i] = static_cast<float>(of.mean);
    inv_std[i] = static_cast<float>(1 / sqrt(of.var + g.eps));
  }
};

template <int V, class T>
__global__ void __launch_bounds__(cuda::column_threads)
    apply_kernel(T* __restrict__ y, const T* __restrict__ x, const float* mean, const float* inv_std,
                 const float* gamma, const float* beta, GroupNormGeometry g, Columns columns) {
  const ColumnsOfThread<V> mine(columns, gridDim.x - 1 - blockIdx.x);
  float center[V], factor[V], weight[V], shift[V] = {};
  load_groups(center, mean, mine, g);
  load_groups(factor, inv_std, mine, g);
  load_weights(weight, gamma, mine);
  if (beta) mine.load_vector(shift, beta);
#pragma unroll
  for (int k = 0; k < V; ++k) factor[k] *= weight[k];
  mine.each_row([&](int64_t, int64_t i) {
    const Pack<T, V> from = pack_at<V>(x + i);
    Pack<T, V> to;
#pragma unroll
    for (int k = 0; k < V; ++k) cuda::store(to.of[k], (cuda::load(from.of[k]) - center[k]) * factor[k] + shift[k]);
    pack_at<V>(y + i) = to;
  });
}

// Sums of dy and of dy xhat.
template <class T>
struct GradientSums {
  const T *dy, *x;
  const float *mean, *inv_std;
  GroupNormGeometry g;

  template <int V>
  __device__ void operator()(const ColumnsOfThread<V>& mine, double (&sums)[V], double (&products)[V]) const {
    float center[V], inverse[V], s[V] = {}, q[V] = {};
    load_groups(center, mean, mine, g);
    load_groups(inverse, inv_std, mine, g);
    mine.each_row([&](int64_t, int64_t i) {
      const Pack<T, V> dout = pack_at<V>(dy + i), from = pack_at<V>(x + i);
#pragma unroll
      for (int k = 0; k < V; ++k) {
        const float gradient = cuda::load(dout.of[k]);
        s[k] += gradient;
        q[k] += gradient * ((cuda::load(from.of[k]) - center[k]) * inverse[k]);
      }
    });
#pragma unroll
    for (int k = 0; k < V; ++k) {
      sums[k] = s[k];
      products[k] = q[k];
    }
  }
};

struct StoreMeans {
  float *first, *second;
  double count;
  __device__ void operator()(int64_t i, double sum, double product) const {
    first[i] = static_cast<float>(sum / count);
    second[i] = static_cast<float>(product / count);
  }
};

struct StoreGradients {
  float *dgamma, *dbeta;
  __device__ void operator()(int64_t channel, double sum, double product) const {
    dbeta[channel] = static_cast<float>(sum);
    dgamma[channel] = static_cast<float>(product);
  }
};

// With xhat = (x - mean) inv_std and h = dy gamma: dx = inv_std (h - mean of h - xhat mean of (h xhat)), means over the
// group.
template <int V, class T>
__global__ void __launch_bounds__(cuda::column_threads)
    backward_kernel(T* __restrict__ dx, const T* __restrict__ dy, const T* __restrict__ x, const float* mean,
                    const float* inv_std, const float* gamma, const float* h_mean, const float* product_mean,
                    GroupNormGeometry g, Columns columns) {
  const ColumnsOfThread<V> mine(columns, gridDim.x - 1 - blockIdx.x);
  float center[V], inverse[V], weight[V], first[V], second[V];
  load_groups(center, mean, mine, g);
  load_groups(inverse, inv_std, mine, g);
  load_groups(first, h_mean, mine, g);
  load_groups(second, product_mean, mine, g);
  load_weights(weight, gamma, mine);
  mine.each_row([&](int64_t, int64_t i) {
    const Pack<T, V> dout = pack_at<V>(dy + i), from = pack_at<V>(x + i);
    Pack<T, V> to;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float xhat = (cuda::load(from.of[k]) - center[k]) * inverse[k];
      cuda::store(to.of[k], inverse[k] * (cuda::load(dout.of[k]) * weight[k] - first[k] - xhat * second[k]));
    }
    pack_at<V>(dx + i) = to;
  });
}

// Two sums of each picture's channels: [n, 1, 2, c].
template <int V, class Visit>
Tensor channel_totals(const cuda::Context& context, const GroupNormGeometry& g, const Visit& visit) {
  const Columns columns = cuda::split_for_sums(g.n, g.pixels, g.c, V);
  const Tensor partial = cuda::partial_column_sums<V>(context, columns, visit);
  if (columns.parts == 1) return partial;
  Tensor totals = Tensor::empty({g.n, 1, 2, g.c}, DType::f64, partial.device());
  cuda::finish_column_sums(context, StoreTotals{totals.data<double>(), g.c}, partial);
  return totals;
}

const float* data_or_null(const Tensor& vector) { return vector ? vector.data<float>() : nullptr; }

}  // namespace

void cuda::group_norm_forward(Tensor& y, Tensor& mean, Tensor& inv_std, const Tensor& x, const Tensor& gamma,
                              const Tensor& beta, const GroupNormGeometry& g) {
  if (x.numel() == 0) return;
  const Context& context = use(x.device());
  dispatch_cuda("group_norm", x.dtype(), [&]<class T>() {
    float *m = mean.data<float>(), *inverse = inv_std.data<float>();
    T* to = y.data<T>();
    const T* from = x.data<T>();
    dispatch_pack<T>(g.c, {to, from}, [&]<int V>() {
      const Columns columns = split_for_elements(g.n, g.pixels, g.c, V);
      const Tensor totals = channel_totals<V>(context, g, MomentsOfColumns<T, FirstOfGroup>{from, {g}});
      sum_groups(context, StoreStatistics<T>{m, inverse, from, g}, totals, nullptr, g);
      launch(context.stream, columns.grid, columns.block, 0, apply_kernel<V, T>, to, from, m, inverse,
             data_or_null(gamma), data_or_null(beta), g, columns);
    });
  });
}

void cuda::group_norm_backward(Tensor& dx, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& x,
                               const Tensor& gamma, const Tensor& mean, const Tensor& inv_std,
                               const GroupNormGeometry& g) {
  const Context& context = use(x.device());
  Tensor h_mean = empty_like(mean), product_mean = empty_like(mean);
  dispatch_cuda("group_norm", x.dtype(), [&]<class T>() {
    T* to = dx.data<T>();
    const T *from = x.data<T>(), *dout = dy.data<T>();
    const float *m = mean.data<float>(), *inverse = inv_std.data<float>(), *weight = data_or_null(gamma);
    dispatch_pack<T>(g.c, {to, from, dout}, [&]<int V>() {
      const Columns columns = split_for_elements(g.n, g.pixels, g.c, V);
      const Tensor totals = channel_totals<V>(context, g, GradientSums<T>{dout, from, m, inverse, g});
      const auto count = static_cast<double>(g.pixels * (g.c / g.groups));
      sum_groups(context, StoreMeans{h_mean.data<float>(), product_mean.data<float>(), count}, totals, weight, g);
      if (x.numel() > 0)
        launch(context.stream, columns.grid, columns.block, 0, backward_kernel<V, T>, to, dout, from, m, inverse,
               weight, h_mean.data<float>(), product_mean.data<float>(), g, columns);
      if (dgamma)  // the pictures are the parts
        finish_column_sums(context, StoreGradients{dgamma.data<float>(), dbeta.data<float>()},
                           Untracked::view(totals, {1, g.n, 2, g.c}));
    });
  });
}

}  // namespace radial
