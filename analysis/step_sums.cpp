#include "analysis/step_sums.h"

#include "core/simd/fixed_vectors.h"
#include "core/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "analysis/step_sums.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

// Plain loops: the compiler makes vectors of them for the instruction set of this namespace.
template <class T>
HWY_INLINE void sum_step(const T* w, const T* after, const T* g, int64_t n, StepSums& out) {
  double ww = 0, wd = 0, dd = 0, wg = 0, gg = 0;
  if (g) {
#pragma omp simd reduction(+ : ww, wd, dd, wg, gg)
    for (int64_t i = 0; i < n; ++i) {
      const double x = w[i], d = static_cast<double>(after[i]) - x, y = g[i];
      ww += x * x;
      wd += x * d;
      dd += d * d;
      wg += x * y;
      gg += y * y;
    }
  } else {
#pragma omp simd reduction(+ : ww, wd, dd)
    for (int64_t i = 0; i < n; ++i) {
      const double x = w[i], d = static_cast<double>(after[i]) - x;
      ww += x * x;
      wd += x * d;
      dd += d * d;
    }
  }
  out = {ww, wd, dd, wg, gg};
}

void sum_step_f32(const float* w, const float* after, const float* g, int64_t n, StepSums& out) {
  sum_step(w, after, g, n, out);
}
void sum_step_f64(const double* w, const double* after, const double* g, int64_t n, StepSums& out) {
  sum_step(w, after, g, n, out);
}

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/parallel.h"

namespace radial {

HWY_EXPORT(sum_step_f32);
HWY_EXPORT(sum_step_f64);

StepSums sum_step(const float* w, const float* after, const float* g, int64_t n) {
  simd::prepare_dispatch();
  StepSums sums;
  HWY_DYNAMIC_DISPATCH(sum_step_f32)(w, after, g, n, sums);
  return sums;
}

StepSums sum_step(const double* w, const double* after, const double* g, int64_t n) {
  simd::prepare_dispatch();
  StepSums sums;
  HWY_DYNAMIC_DISPATCH(sum_step_f64)(w, after, g, n, sums);
  return sums;
}

namespace {

// Of one parameter, from `sums` on.
void sum_rows(double* sums, const StepTensors& parameter) {
  const int64_t rows = parameter.before.slices(), length = parameter.before.slice_numel();
  dispatch_float("layer recorder", parameter.before.dtype(), [&]<class T>() {
    const T *w = parameter.before.data<T>(), *next = parameter.after.data<T>();
    const T* g = parameter.g ? parameter.g.data<T>() : nullptr;
    parallel_ranges(rows, 32768 / (length + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const StepSums row = sum_step(w + r * length, next + r * length, g ? g + r * length : nullptr, length);
        double* to = sums + 5 * r;
        to[0] = row.ww, to[1] = row.wd, to[2] = row.dd, to[3] = row.wg, to[4] = row.gg;
      }
    });
  });
}

}  // namespace

void cpu::step_row_sums(Tensor& sums, const std::vector<StepTensors>& parameters, KernelMemory&) {
  double* first = sums.data<double>();
  for (const StepTensors& parameter : parameters) {
    sum_rows(first, parameter);
    first += 5 * parameter.before.slices();
  }
}

StepSums& StepSums::operator+=(const StepSums& other) {
  ww += other.ww;
  wd += other.wd;
  dd += other.dd;
  wg += other.wg;
  gg += other.gg;
  return *this;
}

namespace {

double quotient(double a, double b) { return b == 0 ? std::numeric_limits<double>::quiet_NaN() : a / b; }

double root(double square) { return std::sqrt(square < 0 ? 0 : square); }  // a NaN stays one

}  // namespace

double norm_before(const StepSums& s) { return std::sqrt(s.ww); }
double norm_after(const StepSums& s) { return root(s.ww + 2 * s.wd + s.dd); }
double radial(const StepSums& s) { return quotient(s.wd, norm_before(s)); }
double cosine(const StepSums& s) { return quotient(s.wg, norm_before(s) * std::sqrt(s.gg)); }

double tangential(const StepSums& s) { return root(s.dd - quotient(s.wd * s.wd, s.ww)); }

bool has_direction(const StepSums& s) { return norm_before(s) != 0 && norm_after(s) != 0; }

double effective_step(const StepSums& s) {
  if (!has_direction(s)) return std::numeric_limits<double>::quiet_NaN();
  const double angle = std::atan2(tangential(s), norm_before(s) + radial(s));
  return 2 * std::sin(angle / 2);
}

}  // namespace radial
#endif
