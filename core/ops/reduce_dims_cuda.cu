// Reductions along dimensions: floats over the few elements of a thread, doubles across threads by a fixed tree, then
// over the parts of a lane in order.
#include <cmath>

#include "core/cuda/dtypes.h"
#include "core/cuda/elementwise.h"
#include "core/cuda/lane_teams.h"
#include "core/kernels.h"

namespace radial {

namespace {

using Kind = Reduction::Kind;
using cuda::lane_threads;

// Each has what a thread gathers (add), what goes across threads (Total, combined), and what is stored (finish).
struct SumOf {
  struct Total {
    double sum;
  };
  static __device__ Total none() { return {0}; }
  static __device__ Total combine(Total a, Total b) { return {a.sum + b.sum}; }

  float sum = 0;
  __device__ void add(float x, int64_t) { sum += x; }
  __device__ Total total() const { return {sum}; }
};

template <bool Largest>
struct ExtremeOf {
  struct Total {
    float value;
    int32_t row;  // -1: nothing yet
  };
  static __device__ Total none() { return {0, -1}; }
  static __device__ Total combine(Total a, Total b) {
    if (a.row < 0) return b;
    if (b.row < 0) return a;
    const bool a_none = a.value != a.value, b_none = b.value != b.value;
    if (a_none || b_none) return a_none && (!b_none || a.row < b.row) ? a : b;
    if (a.value == b.value) return a.row < b.row ? a : b;
    return (Largest ? a.value > b.value : a.value < b.value) ? a : b;
  }

  Total best = none();
  __device__ void add(float x, int64_t row) { best = combine(best, {x, static_cast<int32_t>(row)}); }
  __device__ Total total() const { return best; }
};

struct LogSumExpOf {
  struct Total {
    double sum;  // of exp(x - top)
    float top;
  };
  static __device__ Total none() { return {0, -INFINITY}; }
  static __device__ double scaled(Total a, float top) {
    return a.top == top ? a.sum : a.sum * static_cast<double>(expf(a.top - top));
  }
  static __device__ Total combine(Total a, Total b) {
    const float top = a.top > b.top || a.top != a.top ? a.top : b.top;
    return {scaled(a, top) + scaled(b, top), top};
  }

  float sum = 0, top = -INFINITY;
  __device__ void add(float x, int64_t) {
    if (x == top) {
      sum += 1;
    } else if (x < top) {
      sum += expf(x - top);
    } else {
      sum = sum * expf(top - x) + 1;
      top = x;
    }
  }
  __device__ Total total() const { return {sum, top}; }
};

struct VarianceOf {
  struct Total {
    double count, mean, squares;  // about the mean
  };
  static __device__ Total none() { return {0, 0, 0}; }
  static __device__ Total combine(Total a, Total b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    const double n = a.count + b.count, d = b.mean - a.mean;
    return {n, a.mean + d * b.count / n, a.squares + b.squares + d * d * a.count * b.count / n};
  }

  float count = 0, shift = 0, sum = 0, squares = 0;  // of x - shift, the first x
  __device__ void add(float x, int64_t) {
    if (count == 0) shift = x;
    const float d = x - shift;
    count += 1;
    sum += d;
    squares += d * d;
  }
  __device__ Total total() const {
    if (count == 0) return none();
    const double n = count, s = sum, about = squares - s * s / n;
    return {n, shift + s / n, about < 0 ? 0 : about};
  }
};

// Where results go; Y is float, or x's type where they are elements of x.
template <class Y>
struct Results {
  Y* y;
  int32_t* index;
  float* mean;
  double factor;

  __device__ void write(int64_t lane, SumOf::Total t) const {
    cuda::store(y[lane], static_cast<float>(factor * t.sum));
  }
  template <class T>
  __device__ void write_extreme(int64_t lane, T t) const {
    cuda::store(y[lane], t.value);
    if (index) index[lane] = t.row;
  }
  __device__ void write(int64_t lane, ExtremeOf<true>::Total t) const { write_extreme(lane, t); }
  __device__ void write(int64_t lane, ExtremeOf<false>::Total t) const { write_extreme(lane, t); }
  __device__ void write(int64_t lane, LogSumExpOf::Total t) const {
    const bool number = t.sum == t.sum;
    cuda::store(y[lane], number && isinf(t.top) ? t.top : static_cast<float>(log(t.sum) + double{t.top}));
  }
  __device__ void write(int64_t lane, VarianceOf::Total t) const {
    cuda::store(y[lane], static_cast<float>(factor * t.squares));
    if (mean) mean[lane] = static_cast<float>(t.mean);
  }
};

template <class R, class T, class Y>
__global__ void __launch_bounds__(lane_threads)
    reduce_lanes_kernel(Results<Y> results, typename R::Total* partial, const T* x, cuda::LaneTeams teams) {
  const cuda::LaneOfThread mine(teams);
  R gathered;
#pragma unroll 4
  for (int64_t r = mine.begin; r < mine.end; r += mine.step) gathered.add(cuda::load(x[mine.base + r * mine.inner]), r);
  const typename R::Total total = mine.combined(gathered.total(), R::combine);
  if (!mine.writes(teams)) return;
  if (partial)
    partial[mine.lane * teams.parts + mine.part] = total;
  else
    results.write(mine.lane, total);
}

// A block a lane.
template <class R, class Y>
__global__ void __launch_bounds__(lane_threads)
    combine_parts_kernel(Results<Y> results, const typename R::Total* partial, cuda::LaneTeams teams) {
  const cuda::LaneOfThread mine(teams);
  typename R::Total total = R::none();
  for (int64_t r = mine.begin; r < mine.end; r += mine.step) total = R::combine(total, partial[mine.base + r]);
  total = mine.combined(total, R::combine);
  if (mine.writes(teams)) results.write(mine.lane, total);
}

template <class R, class T, class Y>
void reduce(Tensor& y, Tensor& kept, const Tensor& x, const Reduction& reduction) {
  constexpr int64_t floats_of_thread = 64;
  const bool indexed = kept && kept.dtype() == DType::i32;
  const Results<Y> results{y.data<Y>(), indexed ? kept.data<int32_t>() : nullptr,
                           kept && !indexed ? kept.data<float>() : nullptr, reduction.factor};
  const cudaStream_t stream = cuda::use(x.device()).stream;
  const cuda::LaneTeams teams = cuda::teams_for(reduction.lanes, floats_of_thread);
  using Total = typename R::Total;
  Tensor memory;
  Total* partial = nullptr;
  if (teams.parts > 1) {
    memory = Tensor::empty({teams.lanes * teams.parts * static_cast<int64_t>(sizeof(Total))}, DType::u8, x.device());
    partial = reinterpret_cast<Total*>(memory.data<uint8_t>());
  }
  cuda::launch(stream, teams.blocks(), lane_threads, 0, reduce_lanes_kernel<R, T, Y>, results, partial, x.data<T>(),
               teams);
  if (!partial) return;
  const cuda::LaneTeams parts = cuda::teams_for({teams.lanes, teams.parts, 1});
  cuda::launch(stream, parts.blocks(), lane_threads, 0, combine_parts_kernel<R, Y>, results, partial, parts);
}

// dx of one element from dy, x, what its lane kept, and whether it is the one that the lane's index names.
struct Slope {
  Kind kind;
  float factor;
  __device__ float operator()(float dy, float x, float kept, bool chosen) const {
    switch (kind) {
      case Kind::sum:
        return factor * dy;
      case Kind::logsumexp:
        return dy * expf(x - kept);
      case Kind::variance:
        return 2 * factor * dy * (x - kept);
      default:
        return chosen ? dy : 0;
    }
  }
};

template <class T, class Y>
__global__ void __launch_bounds__(cuda::elementwise_threads)
    reduce_lanes_backward_kernel(T* dx, const Y* dy, const T* x, const float* kept, const int32_t* index, Slope slope,
                                 Lanes lanes) {
  const int64_t n = lanes.numel(), stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride) {
    const int64_t row = i / lanes.inner, o = row / lanes.count, lane = o * lanes.inner + (i - row * lanes.inner);
    const bool chosen = index && index[lane] == row - o * lanes.count;
    cuda::store(dx[i], slope(cuda::load(dy[lane]), x ? cuda::load(x[i]) : 0, kept ? kept[lane] : 0, chosen));
  }
}

}  // namespace

void cuda::reduce_lanes(Tensor& y, Tensor& kept, const Tensor& x, const Reduction& reduction) {
  dispatch_cuda("reduce", x.dtype(), [&]<class T>() {
    switch (reduction.kind) {
      case Kind::sum:
        return reduce<SumOf, T, float>(y, kept, x, reduction);
      case Kind::max:
        return reduce<ExtremeOf<true>, T, T>(y, kept, x, reduction);
      case Kind::min:
        return reduce<ExtremeOf<false>, T, T>(y, kept, x, reduction);
      case Kind::logsumexp:
        return reduce<LogSumExpOf, T, float>(y, kept, x, reduction);
      case Kind::variance:
        return reduce<VarianceOf, T, float>(y, kept, x, reduction);
    }
  });
}

void cuda::reduce_lanes_backward(Tensor& dx, const Tensor& dy, const Tensor& x, const Tensor& kept,
                                 const Reduction& reduction) {
  const Context& context = use(dx.device());
  const bool indexed = kept && kept.dtype() == DType::i32;
  const Slope slope{reduction.kind, static_cast<float>(reduction.factor)};
  dispatch_cuda("reduce", dx.dtype(), [&]<class T>() {
    dispatch_cuda("reduce", dy.dtype(), [&]<class Y>() {
      launch(context.stream, elementwise_blocks(context, dx.numel()), elementwise_threads, 0,
             reduce_lanes_backward_kernel<T, Y>, dx.data<T>(), dy.data<Y>(), x ? x.data<T>() : nullptr,
             kept && !indexed ? kept.data<float>() : nullptr, indexed ? kept.data<int32_t>() : nullptr, slope,
             reduction.lanes);
    });
  });
}

}  // namespace radial
