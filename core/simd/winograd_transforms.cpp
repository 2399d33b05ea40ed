#include "core/simd/winograd_transforms.h"

#define HWY_TARGET_INCLUDE "core/simd/winograd_transforms.cpp"
#include <hwy/cache_control.h>

#include "core/simd/every_target.h"

HWY_BEFORE_NAMESPACE();
namespace radial::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr int64_t lanes = hn::MaxLanes(D());

// The points are 0, a, -a, b, -b and infinity; tiles of 3 results leave -b out.
constexpr float a = 0.75F, b = 1.5F;
constexpr float a2 = a * a, b2 = b * b, a3 = a2 * a, b3 = b2 * b;

HWY_INLINE V number(float value) { return hn::Set(D(), value); }

// The point of the i-th value of a tile that uses so many.
template <int points>
constexpr int point(int i) {
  return points == winograd_points || i < winograd_left_out ? i : i + 1;
}

// B^T d: values at the points of the polynomial that is dual to d; row p is the product of (x - q) over the others.
template <int results>
struct Patch;

template <>
struct Patch<4> {
  static constexpr int in = 6, out = 6;
  HWY_INLINE static void apply(const V* d, V* t) {
    t[0] = hn::MulAdd(number(a2 * b2), d[0], hn::NegMulAdd(number(a2 + b2), d[2], d[4]));
    const V even_a = hn::NegMulAdd(number(b2), d[2], d[4]), odd_a = hn::NegMulAdd(number(b2), d[1], d[3]);
    t[1] = hn::MulAdd(number(a), odd_a, even_a);
    t[2] = hn::NegMulAdd(number(a), odd_a, even_a);
    const V even_b = hn::NegMulAdd(number(a2), d[2], d[4]), odd_b = hn::NegMulAdd(number(a2), d[1], d[3]);
    t[3] = hn::MulAdd(number(b), odd_b, even_b);
    t[4] = hn::NegMulAdd(number(b), odd_b, even_b);
    t[5] = hn::MulAdd(number(a2 * b2), d[1], hn::NegMulAdd(number(a2 + b2), d[3], d[5]));
  }
};

// Without -b: row p is also multiplied by p + b, which G divides by for the sake of the tiles of 4.
template <>
struct Patch<3> {
  static constexpr int in = 5, out = 5;
  HWY_INLINE static void apply(const V* d, V* t) {
    const V low = hn::NegMulAdd(number(a2), d[0], d[2]), high = hn::NegMulAdd(number(a2), d[1], d[3]);
    t[0] = hn::Mul(number(b), hn::NegMulAdd(number(b), low, high));
    const V square = hn::NegMulAdd(number(b), d[2], d[3]);  // (x - b) x^2
    const V line = hn::NegMulAdd(number(b), d[1], d[2]);    // (x - b) x
    t[1] = hn::Mul(number(a + b), hn::MulAdd(number(a), line, square));
    t[2] = hn::Mul(number(b - a), hn::NegMulAdd(number(a), line, square));
    t[3] = hn::Mul(number(2 * b), high);
    t[4] = hn::NegMulAdd(number(b), high, hn::NegMulAdd(number(a2), d[2], d[4]));
  }
};

// G g for r taps: values of g at the points, divided by the product of the distances to all others.
template <int r, int points>
struct Taps {
  static constexpr int in = r, out = points;
  static constexpr float scale_0 = 1 / (a2 * b2), scale_a = 1 / (2 * a2 * (a2 - b2)),
                         scale_b = 1 / (2 * b2 * (b2 - a2));
  HWY_INLINE static void apply(const V* g, V* t) {
    t[0] = hn::Mul(number(scale_0), g[0]);
    V even, odd;
    halves(g, a, scale_a, even, odd);
    t[1] = hn::Add(even, odd);
    t[2] = hn::Sub(even, odd);
    halves(g, b, scale_b, even, odd);
    t[3] = hn::Add(even, odd);
    if constexpr (points == winograd_points) t[4] = hn::Sub(even, odd);
    t[points - 1] = g[r - 1];
  }
  HWY_INLINE static void halves(const V* g, float at, float scale, V& even, V& odd) {
    even = hn::MulAdd(number(scale * at * at), g[2], hn::Mul(number(scale), g[0]));
    odd = hn::Mul(number(scale * at), g[1]);
    if constexpr (r == 4) odd = hn::MulAdd(number(scale * at * at * at), g[3], odd);
  }
};

// A^T v for m results.
template <int m, int points>
struct Results {
  static constexpr int in = points, out = m;
  HWY_INLINE static void apply(const V* v, V* y) {
    const V sum_a = hn::Add(v[1], v[2]), difference_a = hn::Sub(v[1], v[2]);
    V sum_b = v[3], difference_b = v[3];
    if constexpr (points == winograd_points) sum_b = hn::Add(v[3], v[4]), difference_b = hn::Sub(v[3], v[4]);
    y[0] = hn::Add(v[0], hn::Add(sum_a, sum_b));
    y[1] = hn::MulAdd(number(b), difference_b, hn::Mul(number(a), difference_a));
    y[2] = hn::MulAdd(number(b2), sum_b, hn::Mul(number(a2), sum_a));
    if constexpr (m == 4) y[3] = hn::MulAdd(number(b3), difference_b, hn::Mul(number(a3), difference_a));
    y[m - 1] = hn::Add(y[m - 1], v[points - 1]);
  }
};

#define RADIAL_UNROLL _Pragma("GCC unroll 8")

// Transforms the columns, then the rows, of a rectangle of vectors: load(i, j), then store(i, j, value).
template <class Down, class Along, class Load, class Store>
HWY_INLINE void both_ways(const Load& load, const Store& store) {
  V half[Down::out][Along::in];
  RADIAL_UNROLL for (int j = 0; j < Along::in; ++j) {
    V column[Down::in], t[Down::out];
    RADIAL_UNROLL for (int i = 0; i < Down::in; ++i) column[i] = load(i, j);
    Down::apply(column, t);
    RADIAL_UNROLL for (int i = 0; i < Down::out; ++i) half[i][j] = t[i];
  }
  RADIAL_UNROLL for (int i = 0; i < Down::out; ++i) {
    V t[Along::out];
    Along::apply(half[i], t);
    RADIAL_UNROLL for (int j = 0; j < Along::out; ++j) store(i, j, t[j]);
  }
}

// Value (i, j) of the domain of the products, when a tile uses so many points in each direction.
template <int down, int along>
constexpr int frequency(int i, int j) {
  return point<down>(i) * winograd_points + point<along>(j);
}

// `far`: past the caches (past_caches.h); out and step are whole vectors then.
template <class Down, class Along, bool far = false>
void into_frequencies(const float* const* in, float* out, int64_t step, int64_t channels) {
  const D d;
  for (int64_t c = 0; c < channels; c += lanes) {
    both_ways<Down, Along>([&](int i, int j) HWY_ATTR { return hn::LoadU(d, in[i * Along::in + j] + c); },
                           [&](int i, int j, V value) HWY_ATTR {
                             float* target = out + frequency<Down::out, Along::out>(i, j) * step + c;
                             if constexpr (far)
                               hn::Stream(value, d, target);
                             else
                               hn::StoreU(value, d, target);
                           });
  }
  if constexpr (far) hwy::FlushStream();  // other threads will read it
}

template <class Down, class Along>
void from_frequencies(const float* in, int64_t step, float* const* out, int64_t channels, bool accumulate) {
  const D d;
  for (int64_t c = 0; c < channels; c += lanes) {
    both_ways<Down, Along>([&](int i, int j)
                               HWY_ATTR { return hn::LoadU(d, in + frequency<Down::in, Along::in>(i, j) * step + c); },
                           [&](int i, int j, V value) HWY_ATTR {
                             float* y = out[i * Along::out + j] + c;
                             hn::StoreU(accumulate ? hn::Add(value, hn::LoadU(d, y)) : value, d, y);
                           });
  }
}

#undef RADIAL_UNROLL

using Filter = Taps<3, 6>;
using FilterGradient = Results<3, 6>;
template <int results>
using Gradient = Taps<results, results + 2>;
template <int results>
using Result = Results<results, results + 2>;

const WinogradTransforms& transforms_of_target() {
  static constexpr WinogradTransforms transforms{
      {{into_frequencies<Patch<3>, Patch<3>>, into_frequencies<Patch<3>, Patch<4>>},
       {into_frequencies<Patch<4>, Patch<3>>, into_frequencies<Patch<4>, Patch<4>>}},
      {{from_frequencies<Result<3>, Result<3>>, from_frequencies<Result<3>, Result<4>>},
       {from_frequencies<Result<4>, Result<3>>, from_frequencies<Result<4>, Result<4>>}},
      {{into_frequencies<Gradient<3>, Gradient<3>>, into_frequencies<Gradient<3>, Gradient<4>>},
       {into_frequencies<Gradient<4>, Gradient<3>>, into_frequencies<Gradient<4>, Gradient<4>>}},
      into_frequencies<Filter, Filter>,
      into_frequencies<Filter, Filter, true>,
      from_frequencies<FilterGradient, FilterGradient>};
  return transforms;
}

}  // namespace radial::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial::simd {

HWY_EXPORT(transforms_of_target);

const WinogradTransforms& winograd_transforms() {
  prepare_dispatch();
  return HWY_DYNAMIC_DISPATCH(transforms_of_target)();
}

}  // namespace radial::simd
#endif
