#include "core/simd/winograd_transforms.h"

#include "core/simd/fixed_vectors.h"
#include "core/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/winograd_transforms.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace radial::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr int64_t lanes = hn::MaxLanes(D());

// The points are 0, a, -a, b, -b and infinity.
constexpr float a = 0.75F, b = 1.5F;
constexpr float a2 = a * a, b2 = b * b, a3 = a2 * a, b3 = b2 * b;

HWY_INLINE V number(float value) { return hn::Set(D(), value); }

// B^T d: values at the points of the polynomial that is dual to d; row p is the product of (x - q) over the others.
struct Patch {
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

// G g for r taps: values of g at the points, divided by the product of the distances to the others.
template <int r>
struct Taps {
  static constexpr int in = r, out = 6;
  static constexpr float scale_0 = 1 / (a2 * b2), scale_a = 1 / (2 * a2 * (a2 - b2)),
                         scale_b = 1 / (2 * b2 * (b2 - a2));
  HWY_INLINE static void apply(const V* g, V* t) {
    t[0] = hn::Mul(number(scale_0), g[0]);
    pair(g, a, scale_a, t + 1);
    pair(g, b, scale_b, t + 3);
    t[5] = g[r - 1];
  }
  HWY_INLINE static void pair(const V* g, float point, float scale, V* t) {
    const V even = hn::MulAdd(number(scale * point * point), g[2], hn::Mul(number(scale), g[0]));
    V odd = hn::Mul(number(scale * point), g[1]);
    if constexpr (r == 4) odd = hn::MulAdd(number(scale * point * point * point), g[3], odd);
    t[0] = hn::Add(even, odd);
    t[1] = hn::Sub(even, odd);
  }
};

// A^T v for m results.
template <int m>
struct Results {
  static constexpr int in = 6, out = m;
  HWY_INLINE static void apply(const V* v, V* y) {
    const V sum_a = hn::Add(v[1], v[2]), difference_a = hn::Sub(v[1], v[2]);
    const V sum_b = hn::Add(v[3], v[4]), difference_b = hn::Sub(v[3], v[4]);
    y[0] = hn::Add(v[0], hn::Add(sum_a, sum_b));
    y[1] = hn::MulAdd(number(b), difference_b, hn::Mul(number(a), difference_a));
    y[2] = hn::MulAdd(number(b2), sum_b, hn::Mul(number(a2), sum_a));
    if constexpr (m == 4) y[3] = hn::MulAdd(number(b3), difference_b, hn::Mul(number(a3), difference_a));
    y[m - 1] = hn::Add(y[m - 1], v[5]);
  }
};

#define RADIAL_UNROLL _Pragma("GCC unroll 8")

// Transforms the columns, then the rows, of a square of vectors: load(i, j), then store(i, j, value).
template <class Step, class Load, class Store>
HWY_INLINE void both_ways(const Load& load, const Store& store) {
  V half[Step::out][Step::in];
  RADIAL_UNROLL for (int j = 0; j < Step::in; ++j) {
    V column[Step::in], t[Step::out];
    RADIAL_UNROLL for (int i = 0; i < Step::in; ++i) column[i] = load(i, j);
    Step::apply(column, t);
    RADIAL_UNROLL for (int i = 0; i < Step::out; ++i) half[i][j] = t[i];
  }
  RADIAL_UNROLL for (int i = 0; i < Step::out; ++i) {
    V t[Step::out];
    Step::apply(half[i], t);
    RADIAL_UNROLL for (int j = 0; j < Step::out; ++j) store(i, j, t[j]);
  }
}

template <class Step>
void into_frequencies(const float* const* in, float* out, int64_t step, int64_t channels) {
  const D d;
  for (int64_t c = 0; c < channels; c += lanes) {
    both_ways<Step>([&](int i, int j) HWY_ATTR { return hn::LoadU(d, in[i * Step::in + j] + c); },
                    [&](int i, int j, V value)
                        HWY_ATTR { hn::StoreU(value, d, out + (i * Step::out + j) * step + c); });
  }
}

template <class Step>
void from_frequencies(const float* in, int64_t step, float* const* out, int64_t channels, bool accumulate) {
  const D d;
  for (int64_t c = 0; c < channels; c += lanes) {
    both_ways<Step>([&](int i, int j) HWY_ATTR { return hn::LoadU(d, in + (i * Step::in + j) * step + c); },
                    [&](int i, int j, V value) HWY_ATTR {
                      float* y = out[i * Step::out + j] + c;
                      hn::StoreU(accumulate ? hn::Add(value, hn::LoadU(d, y)) : value, d, y);
                    });
  }
}

#undef RADIAL_UNROLL

const WinogradTransforms& transforms_of_target() {
  static constexpr WinogradTransforms transforms{into_frequencies<Patch>, from_frequencies<Results<4>>,
                                                 into_frequencies<Taps<3>>, into_frequencies<Taps<4>>,
                                                 from_frequencies<Results<3>>};
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
