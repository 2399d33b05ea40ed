#define EIGEN_DONT_PARALLELIZE  // its blocking, so its rounding, would follow the number of threads
#include <Eigen/Core>

#include "core/kernels.h"
#include "core/parallel.h"
#include "core/simd/gemm.h"

namespace radial::cpu {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void matmul_float64(double* y, const double* a, const double* b, const MatmulGeometry& g, bool accumulate) {
  const Eigen::Map<const Matrix> ma(a, g.transpose_a ? g.k : g.m, g.transpose_a ? g.m : g.k);
  const Eigen::Map<const Matrix> mb(b, g.transpose_b ? g.n : g.k, g.transpose_b ? g.k : g.n);
  Eigen::Map<Matrix> my(y, g.m, g.n);
  if (!accumulate) my.setZero();
  if (g.k == 0) return;
  parallel_ranges(g.m, 64, [&](int64_t begin, int64_t end) {
    auto rows = my.middleRows(begin, end - begin);
    const auto add = [&](const auto& left) {
      if (g.transpose_b)
        rows.noalias() += left * mb.transpose();
      else
        rows.noalias() += left * mb;
    };
    if (g.transpose_a)
      add(ma.middleCols(begin, end - begin).transpose());
    else
      add(ma.middleRows(begin, end - begin));
  });
}

void matmul_float32(float* y, const float* a, const float* b, const MatmulGeometry& g, bool accumulate) {
  if (g.transpose_a && !g.transpose_b) {  // a sum of outer products of the rows of a and b
    simd::sum_outer_products({.grid = {1, 1, g.k},
                              .a = {simd::matrix_rows(a, g.k, g.m), {simd::Tap{}}, g.m},
                              .b = {simd::matrix_rows(b, g.k, g.n), {simd::Tap{}}, g.n},
                              .y = y,
                              .accumulate = accumulate});
    return;
  }
  Tensor copy;  // a' where both are transposed
  if (g.transpose_a) {
    copy = Tensor::empty({g.m, g.k});
    float* out = copy.data<float>();
    parallel_ranges(g.m, 16, [&](int64_t begin, int64_t end) {
      for (int64_t k = 0; k < g.k; ++k)
        for (int64_t m = begin; m < end; ++m) out[m * g.k + k] = a[k * g.m + m];
    });
    a = out;
  }
  simd::Panels panels(1, g.k, g.n);
  if (g.transpose_b)
    panels.pack_columns(b);
  else
    panels.pack_rows([&](int64_t, int64_t k) { return b + k * g.n; });
  simd::multiply({.grid = {1, 1, g.m},
                  .y = simd::matrix_rows(y, g.m, g.n),
                  .y_tap = {},
                  .x = simd::matrix_rows(a, g.m, g.k),
                  .taps = {simd::Tap{}},
                  .length = g.k,
                  .b = panels,
                  .accumulate = accumulate});
}

}  // namespace

void matmul(Tensor& y, const Tensor& a, const Tensor& b, const MatmulGeometry& g, bool accumulate) {
  if (y.dtype() == DType::f64)
    matmul_float64(y.data<double>(), a.data<double>(), b.data<double>(), g, accumulate);
  else
    matmul_float32(y.data<float>(), a.data<float>(), b.data<float>(), g, accumulate);
}

}  // namespace radial::cpu
