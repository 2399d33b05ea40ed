// Sums in double: of blocks first, then of the blocks in order, so that threads change no bit.
#include <cmath>
#include <numeric>
#include <vector>

#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

void cpu::sum(Tensor& y, const Tensor& x, double factor) {
  dispatch_float("sum", x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    std::vector<double> partial(static_cast<size_t>(divide_up(x.numel(), elements_per_task)));
    parallel_ranges(x.numel(), elements_per_task, [&](int64_t begin, int64_t end) {
      double total = 0;
#pragma omp simd reduction(+ : total)
      for (int64_t i = begin; i < end; ++i) total += from[i];
      partial[static_cast<size_t>(begin / elements_per_task)] = total;
    });
    y.data<T>()[0] = static_cast<T>(factor * std::accumulate(partial.begin(), partial.end(), 0.0));
  });
}

void cpu::row_dots(Tensor& y, const Tensor& a, const Tensor& b) {
  const int64_t length = a.slice_numel();
  dispatch_float("row_dots", a.dtype(), [&]<class T>() {
    parallel_ranges(a.slices(), rows_per_task(length), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const T *u = a.data<T>() + r * length, *v = b.data<T>() + r * length;
        double dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t i = 0; i < length; ++i) dot += static_cast<double>(u[i]) * static_cast<double>(v[i]);
        y.data<double>()[r] = dot;
      }
    });
  });
}

void cpu::scale_rows(Tensor& y, const Tensor& x, const Tensor& factors, bool accumulate) {
  const int64_t length = x.slice_numel();
  dispatch_float("scale_rows", x.dtype(), [&]<class T>() {
    parallel_ranges(x.slices(), rows_per_task(length), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const double factor = factors.data<double>()[r];
        const T* from = x.data<T>() + r * length;
        T* to = y.data<T>() + r * length;
        for (int64_t i = 0; i < length; ++i) {
          const double value = factor * static_cast<double>(from[i]) + (accumulate ? static_cast<double>(to[i]) : 0.0);
          to[i] = static_cast<T>(value);
        }
      }
    });
  });
}

void cpu::l2_normalize_factors(Tensor& factors, double eps) {
  double* values = factors.data<double>();
  for (int64_t i = 0; i < factors.numel(); ++i) {
    const double norm = std::sqrt(values[i]);
    values[i] = 1 / (norm < eps ? eps : norm);  // a NaN stays one
  }
}

void cpu::l2_normalize_backward_factors(Tensor& along, const Tensor& factors, double eps) {
  double* part = along.data<double>();
  const double* factor = factors.data<double>();
  for (int64_t i = 0; i < along.numel(); ++i) part[i] *= factor[i] >= 1 / eps ? 0 : -factor[i];
}

}  // namespace radial
