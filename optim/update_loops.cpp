#include "optim/update_loops.h"

#include "core/simd/fixed_vectors.h"
#include "core/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optim/update_loops.cpp"
#include <tuple>

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

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

  static RowSums sums(const T* w, const T* g, int64_t n) {
    double ww = 0, wg = 0, gg = 0;
#pragma omp simd reduction(+ : ww, wg, gg)
    for (int64_t i = 0; i < n; ++i) {
      const double x = w[i], y = g[i];
      ww += x * x;
      wg += x * y;
      gg += y * y;
    }
    return {ww, wg, gg};
  }

  // The sum is a loop of its own: one with a sum in double, square roots and divisions does not become vectors.
  static double advance(const Run<T>& run, const Formula& formula, T* direction) {
    const T* __restrict w = run.w, * __restrict g = run.g;
    T* __restrict s0 = run.s0, * __restrict s1 = run.s1, * __restrict d = direction;
    const Formula f = formula;
    const int64_t n = run.n;
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
    double wd = 0;
#pragma omp simd reduction(+ : wd)
    for (int64_t i = 0; i < n; ++i) wd += static_cast<double>(w[i]) * static_cast<double>(d[i]);
    return wd;
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
