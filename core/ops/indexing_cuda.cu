// Sums go in the order of the indices: a block has rows of the target to itself, or a thread a lane.
#include <cmath>

#include "core/cuda/each.h"
#include "core/cuda/elementwise.h"
#include "core/cuda/reduce.h"
#include "core/kernels.h"

namespace radial {

namespace {

// NaN, or 0 where T has none.
template <class T>
__device__ cuda::arithmetic<T> nothing() {
  if constexpr (std::is_integral_v<T>)
    return 0;
  else
    return static_cast<cuda::arithmetic<T>>(NAN);
}

template <class T>
struct Gather {
  T* y;
  const T* x;
  const int32_t* index;
  Indexed g;
  __device__ void operator()(int64_t at) const {
    const int64_t row = at / g.lanes.inner, o = row / g.picked, i = at - row * g.lanes.inner;
    const int32_t own = index[g.shared ? row - o * g.picked : at];
    if (own < 0 || own >= g.lanes.count)
      cuda::store(y[at], nothing<T>());
    else
      y[at] = x[(o * g.lanes.count + own) * g.lanes.inner + i];
  }
};

template <class T>
struct AddAlongLane {
  float* x;
  const T* y;
  const int32_t* index;
  Indexed g;
  __device__ void operator()(int64_t lane) const {
    const int64_t inner = g.lanes.inner, o = lane / inner, i = lane - o * inner;
    for (int64_t k = 0; k < g.picked; ++k) {
      const int64_t at = (o * g.picked + k) * inner + i;
      const int32_t own = index[at];
      if (own >= 0 && own < g.lanes.count && own != g.skip)
        x[(o * g.lanes.count + own) * inner + i] += cuda::load(y[at]);
    }
  }
};

constexpr int threads = 256, warps = threads / 32;
constexpr int64_t rows_of_block = 16, columns_of_block = 256;

// The block of rows [first, first + rows_of_block) and some columns looks at all indices in turn: `threads` at a time,
// of which it lists those of its rows, in order.
template <class T>
__global__ void __launch_bounds__(threads) add_slices_kernel(float* x, const T* y, const int32_t* index, Indexed g,
                                                             int64_t row_blocks, int64_t column_blocks) {
  __shared__ cuda::smem_array<int32_t, threads> listed_row;
  __shared__ cuda::smem_array<int32_t, threads> listed_place;
  __shared__ cuda::smem_array<int, warps> counts;
  const int64_t block = blockIdx.x, o = block / (row_blocks * column_blocks);
  const int64_t first = block / column_blocks % row_blocks * rows_of_block;
  const int64_t column = block % column_blocks * columns_of_block + threadIdx.x;
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int64_t begin = 0; begin < g.picked; begin += threads) {
    const int64_t k = begin + threadIdx.x;
    const int32_t own = k < g.picked ? index[k] : -1;
    const bool mine = own >= first && own < first + rows_of_block && own < g.lanes.count && own != g.skip;
    const unsigned votes = __ballot_sync(cuda::all_lanes, mine);
    __syncthreads();  // all have done with the former list
    if (lane == 0) counts[warp] = __popc(votes);
    __syncthreads();
    int place = __popc(votes & ((1U << lane) - 1)), total = 0;
    for (unsigned w = 0; w < warps; ++w) {
      if (w < warp) place += counts[w];
      total += counts[w];
    }
    if (mine) {
      listed_row[place] = own;
      listed_place[place] = static_cast<int32_t>(threadIdx.x);
    }
    __syncthreads();
    if (column >= g.lanes.inner) continue;
    for (int n = 0; n < total; ++n) {
      const int64_t from = o * g.picked + begin + listed_place[n];
      x[(o * g.lanes.count + listed_row[n]) * g.lanes.inner + column] += cuda::load(y[from * g.lanes.inner + column]);
    }
  }
}

template <class T>
struct OneHot {
  T* y;
  const int32_t* index;
  int64_t classes;
  __device__ void operator()(int64_t at) const {
    cuda::store(y[at], static_cast<cuda::arithmetic<T>>(index[at / classes] == at % classes ? 1 : 0));
  }
};

template <class T>
struct Arange {
  T* y;
  double begin, step;
  __device__ void operator()(int64_t i) const {
    cuda::store(y[i], static_cast<cuda::arithmetic<T>>(begin + static_cast<double>(i) * step));
  }
};

template <class T>
struct SumAlongLane {
  T* y;
  const T* x;
  Lanes lanes;
  bool backwards;
  __device__ void operator()(int64_t lane) const {
    const int64_t base = lane / lanes.inner * lanes.count * lanes.inner + lane % lanes.inner;
    double sum = 0;
    for (int64_t s = 0; s < lanes.count; ++s) {
      const int64_t at = base + (backwards ? lanes.count - 1 - s : s) * lanes.inner;
      sum += double{cuda::load(x[at])};
      cuda::store(y[at], static_cast<float>(sum));
    }
  }
};

}  // namespace

void cuda::gather_indexed(Tensor& y, const Tensor& x, const Tensor& index, const Indexed& g) {
  dispatch_any(x.dtype(), [&]<class T>() {
    each(use(y.device()), y.numel(), Gather<T>{y.data<T>(), x.data<T>(), index.data<int32_t>(), g});
  });
}

void cuda::scatter_add_indexed(Tensor& x, const Tensor& y, const Tensor& index, const Indexed& g) {
  if (g.lanes.numel() == 0) return;  // no index fits
  const Context& context = use(x.device());
  dispatch_cuda("scatter_add", y.dtype(), [&]<class T>() {
    const int64_t row_blocks = (g.lanes.count + rows_of_block - 1) / rows_of_block;
    const int64_t column_blocks = (g.lanes.inner + columns_of_block - 1) / columns_of_block;
    if (g.shared || g.lanes.number() == 1)
      launch(context.stream, static_cast<unsigned>(g.lanes.outer * row_blocks * column_blocks), threads, 0,
             add_slices_kernel<T>, x.data<float>(), y.data<T>(), index.data<int32_t>(), g, row_blocks, column_blocks);
    else
      each(context, g.lanes.number(), AddAlongLane<T>{x.data<float>(), y.data<T>(), index.data<int32_t>(), g});
  });
}

void cuda::one_hot(Tensor& y, const Tensor& index) {
  dispatch_any(y.dtype(), [&]<class T>() {
    each(use(y.device()), y.numel(), OneHot<T>{y.data<T>(), index.data<int32_t>(), y.channels()});
  });
}

void cuda::arange(Tensor& y, double begin, double step) {
  dispatch_any(y.dtype(), [&]<class T>() { each(use(y.device()), y.numel(), Arange<T>{y.data<T>(), begin, step}); });
}

void cuda::cumsum(Tensor& y, const Tensor& x, const Lanes& lanes, bool backwards) {
  dispatch_cuda("cumsum", x.dtype(), [&]<class T>() {
    each(use(y.device()), lanes.number(), SumAlongLane<T>{y.data<T>(), x.data<T>(), lanes, backwards});
  });
}

}  // namespace radial
