#include "optim/update_loops.h"

#include <tuple>

#define HWY_TARGET_INCLUDE "optim/update_loops.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_OPTIM_ALL_LOOPS
#define RADIAL_OPTIM_ALL_LOOPS
namespace radial {
using AllLoops = std::tuple<UpdateLoops<float, PlainFormula<float>>, UpdateLoops<double, PlainFormula<double>>,
                            UpdateLoops<float, MomentumFormula<float>>, UpdateLoops<double, MomentumFormula<double>>,
                            UpdateLoops<float, AdamFormula<float>>, UpdateLoops<double, AdamFormula<double>>>;
}
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using D = hn::CappedTag<T, 16>;
template <class T>
using V = hn::Vec<D<T>>;
template <class T>
constexpr int64_t lanes = static_cast<int64_t>(hn::MaxLanes(D<T>()));

template <class T>
HWY_INLINE double sum_of_lanes(V<T> even, V<T> odd) {
  return static_cast<double>(hn::GetLane(hn::SumOfLanes(D<T>(), hn::Add(even, odd))));
}

// Plain loops: the compiler makes vectors of them for the instruction set of this namespace. `none` stands for state
// that a formula has no use for.
template <class T, class Formula>
struct Loops {
  static void step(const Run<T>& run, const Formula& formula, const LastLine<T>& last) {
    T* __restrict w = run.w;
    const T* __restrict g = run.g;
    T* __restrict s0 = run.s0, * __restrict s1 = run.s1;
    const Formula f = formula;
    const LastLine<T> end = last;
    const int64_t n = run.n;
    if (s1) {
      for (int64_t i = 0; i < n; ++i) {
        const T gradient = coupled_gradient(g[i], w[i], f.weight_decay);
        T a = s0[i], b = s1[i];
        f.advance(gradient, a, b);
        s0[i] = a;
        s1[i] = b;
        w[i] = end.stepped(w[i], f.direction(gradient, a, b));
      }
    } else if (s0) {
      for (int64_t i = 0; i < n; ++i) {
        const T gradient = coupled_gradient(g[i], w[i], f.weight_decay);
        T a = s0[i], none = 0;
        f.advance(gradient, a, none);
        s0[i] = a;
        w[i] = end.stepped(w[i], f.direction(gradient, a, none));
      }
    } else {
      for (int64_t i = 0; i < n; ++i) {
        const T gradient = coupled_gradient(g[i], w[i], f.weight_decay);
        w[i] = end.stepped(w[i], f.direction(gradient, T(0), T(0)));
      }
    }
  }

  // Sums of a block are in T, those of the blocks in double: as good as float's products, and twice as fast.
  static constexpr int64_t block = 1024;

  static RowSums sums(const T* w, const T* g, int64_t n) {
    const D<T> d;
    RowSums total;
    int64_t i = 0;
    for (int64_t begin = 0; begin < n; begin += block) {
      const int64_t end = n - begin < block ? n : begin + block;
      V<T> ww0 = hn::Zero(d), ww1 = ww0, wg0 = ww0, wg1 = ww0, gg0 = ww0, gg1 = ww0;
      for (; i + 2 * lanes<T> <= end; i += 2 * lanes<T>) {
        const V<T> w0 = hn::LoadU(d, w + i), w1 = hn::LoadU(d, w + i + lanes<T>);
        const V<T> g0 = hn::LoadU(d, g + i), g1 = hn::LoadU(d, g + i + lanes<T>);
        ww0 = hn::MulAdd(w0, w0, ww0), ww1 = hn::MulAdd(w1, w1, ww1);
        wg0 = hn::MulAdd(w0, g0, wg0), wg1 = hn::MulAdd(w1, g1, wg1);
        gg0 = hn::MulAdd(g0, g0, gg0), gg1 = hn::MulAdd(g1, g1, gg1);
      }
      total += {sum_of_lanes<T>(ww0, ww1), sum_of_lanes<T>(wg0, wg1), sum_of_lanes<T>(gg0, gg1)};
      for (; i < end; ++i) {
        const double x = w[i], y = g[i];
        total += {x * x, x * y, y * y};
      }
    }
    return total;
  }

  // The sum is a loop of its own: one with a sum, square roots and divisions does not become vectors. Block by block,
  // so that it finds the direction in the first-level cache.
  static double advance(const Run<T>& run, const Formula& formula, T* direction) {
    double total = 0;
    for (int64_t begin = 0; begin < run.n; begin += block) {
      const int64_t end = run.n - begin < block ? run.n : begin + block;
      advance(run.g + begin, run.s0 + begin, run.s1 ? run.s1 + begin : nullptr, formula, direction + begin,
              end - begin);
      total += dot(run.w + begin, direction + begin, end - begin);
    }
    return total;
  }

  static double dot(const T* w, const T* d, int64_t n) {
    const D<T> tag;
    V<T> wd0 = hn::Zero(tag), wd1 = wd0;
    int64_t i = 0;
    for (; i + 2 * lanes<T> <= n; i += 2 * lanes<T>) {
      wd0 = hn::MulAdd(hn::LoadU(tag, w + i), hn::LoadU(tag, d + i), wd0);
      wd1 = hn::MulAdd(hn::LoadU(tag, w + i + lanes<T>), hn::LoadU(tag, d + i + lanes<T>), wd1);
    }
    double total = sum_of_lanes<T>(wd0, wd1);
    for (; i < n; ++i) total += static_cast<double>(w[i]) * static_cast<double>(d[i]);
    return total;
  }

  static void advance(const T* __restrict g, T* __restrict s0, T* __restrict s1, const Formula& formula,
                      T* __restrict d, int64_t n) {
    const Formula f = formula;
    if (s1) {
      for (int64_t i = 0; i < n; ++i) {
        T a = s0[i], b = s1[i];
        f.advance(g[i], a, b);
        s0[i] = a;
        s1[i] = b;
        d[i] = f.direction(g[i], a, b);
      }
    } else {
      for (int64_t i = 0; i < n; ++i) {
        T a = s0[i], none = 0;
        f.advance(g[i], a, none);
        s0[i] = a;
        d[i] = f.direction(g[i], a, none);
      }
    }
  }

  static void apply(T* __restrict w, T* __restrict d, int64_t n, const LastLine<T>& last) {
    const LastLine<T> end = last;
    for (int64_t i = 0; i < n; ++i) {
      d[i] = end.projected(w[i], d[i]);
      w[i] = end.stepped(w[i], d[i]);
    }
  }
};

template <class T, template <class> class Formula>
constexpr UpdateLoops<T, Formula<T>> loops{Loops<T, Formula<T>>::step, Loops<T, Formula<T>>::sums,
                                           Loops<T, Formula<T>>::advance, Loops<T, Formula<T>>::apply};

const AllLoops& all_loops_of_target() {
  static constexpr AllLoops all{loops<float, PlainFormula>,    loops<double, PlainFormula>,
                                loops<float, MomentumFormula>, loops<double, MomentumFormula>,
                                loops<float, AdamFormula>,     loops<double, AdamFormula>};
  return all;
}

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial {

HWY_EXPORT(all_loops_of_target);

template <class T, template <class> class Formula>
const UpdateLoops<T, Formula<T>>& update_loops() {
  simd::prepare_dispatch();
  return std::get<UpdateLoops<T, Formula<T>>>(HWY_DYNAMIC_DISPATCH(all_loops_of_target)());
}

template const UpdateLoops<float, PlainFormula<float>>& update_loops<float, PlainFormula>();
template const UpdateLoops<double, PlainFormula<double>>& update_loops<double, PlainFormula>();
template const UpdateLoops<float, MomentumFormula<float>>& update_loops<float, MomentumFormula>();
template const UpdateLoops<double, MomentumFormula<double>>& update_loops<double, MomentumFormula>();
template const UpdateLoops<float, AdamFormula<float>>& update_loops<float, AdamFormula>();
template const UpdateLoops<double, AdamFormula<double>>& update_loops<double, AdamFormula>();

}  // namespace radial
#endif
