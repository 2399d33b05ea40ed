#define EIGEN_DONT_PARALLELIZE  // its blocking, so its rounding, would follow the number of threads
#include <Eigen/Core>

#include "core/kernels.h"
#include "core/parallel.h"
#include "core/simd/gemm.h"

namespace radial::cpu {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Distances of rows, as BatchedGeometry has them.
struct RowSteps {
  int64_t y, a, b;
};

void matmul_float64(double* y, const double* a, const double* b, const MatmulGeometry& g, const RowSteps& steps,
                    bool accumulate) {
  using Step = Eigen::OuterStride<>;
  using Factor = Eigen::Map<const Matrix, 0, Step>;
  const Factor ma(a, g.transpose_a ? g.k : g.m, g.transpose_a ? g.m : g.k, Step(steps.a));
  const Factor mb(b, g.transpose_b ? g.n : g.k, g.transpose_b ? g.k : g.n, Step(steps.b));
  Eigen::Map<Matrix, 0, Step> my(y, g.m, g.n, Step(steps.y));
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

// The sum of outer products of the rows of a and b. Its results lie without gaps.
void outer_products(float* y, const float* a, const float* b, const MatmulGeometry& g, const RowSteps& steps,
                    bool accumulate) {
  simd::sum_outer_products({.grid = {1, 1, g.k},
                            .a = {simd::matrix_rows(a, g.k, steps.a), {simd::Tap{}}, g.m},
                            .b = {simd::matrix_rows(b, g.k, steps.b), {simd::Tap{}}, g.n},
                            .y = y,
                            .accumulate = accumulate});
}

void matmul_float32(float* y, const float* a, const float* b, const MatmulGeometry& g, RowSteps steps,
                    bool accumulate) {
  if (g.transpose_a && !g.transpose_b) {
    if (steps.y == g.n) return outer_products(y, a, b, g, steps, accumulate);
    Tensor dense = Tensor::empty({g.m, g.n});
    outer_products(dense.data<float>(), a, b, g, steps, false);
    const float* from = dense.data<float>();
    for (int64_t i = 0; i < g.m; ++i)
      for (int64_t j = 0; j < g.n; ++j) {
        float& to = y[i * steps.y + j];
        to = from[i * g.n + j] + (accumulate ? to : 0);
      }
    return;
  }
  Tensor copy;  // a' where both are transposed
  if (g.transpose_a) {
    copy = Tensor::empty({g.m, g.k});
    float* out = copy.data<float>();
    parallel_ranges(g.m, 16, [&](int64_t begin, int64_t end) {
      for (int64_t k = 0; k < g.k; ++k)
        for (int64_t m = begin; m < end; ++m) out[m * g.k + k] = a[k * steps.a + m];
    });
    a = out;
    steps.a = g.k;
  }
  simd::Panels panels(1, g.k, g.n);
  if (g.transpose_b)
    panels.pack_columns(b, steps.b);
  else
    panels.pack_rows([&](int64_t, int64_t k) { return b + k * steps.b; });
  simd::multiply({.grid = {1, 1, g.m},
                  .y = simd::matrix_rows(y, g.m, steps.y),
                  .y_tap = {},
                  .x = simd::matrix_rows(a, g.m, steps.a),
                  .taps = {simd::Tap{}},
                  .length = g.k,
                  .b = panels,
                  .accumulate = accumulate});
}

void multiply(float* y, const float* a, const float* b, const MatmulGeometry& g, const RowSteps& steps,
              bool accumulate) {
  matmul_float32(y, a, b, g, steps, accumulate);
}
void multiply(double* y, const double* a, const double* b, const MatmulGeometry& g, const RowSteps& steps,
              bool accumulate) {
  matmul_float64(y, a, b, g, steps, accumulate);
}

}  // namespace

void matmul(Tensor& y, const Tensor& a, const Tensor& b, const MatmulGeometry& g, bool accumulate) {
  const RowSteps dense{g.n, g.transpose_a ? g.m : g.k, g.transpose_b ? g.k : g.n};
  dispatch_float("matmul", y.dtype(),
                 [&]<class T>() { multiply(y.data<T>(), a.data<T>(), b.data<T>(), g, dense, accumulate); });
}

// Threads share the matrices, or each matrix where it has work enough for them.
void bmm(Tensor& y, const Tensor& a, const Tensor& b, const BatchedGeometry& g, bool accumulate) {
  constexpr int64_t work_for_all = 10'000'000;  // multiply-adds
  const MatmulGeometry one{g.m, g.n, g.k, g.a.transposed, g.b.transposed};
  const RowSteps steps{g.y.row, g.a.row, g.b.row};
  dispatch_float("bmm", y.dtype(), [&]<class T>() {
    const auto place = [&](const BatchedGeometry::Factor& f, int64_t i) {
      return i / g.inner * f.outer + i % g.inner * f.inner;
    };
    const auto multiply_one = [&, y_data = y.data<T>(), a_data = a.data<T>(), b_data = b.data<T>()](int64_t i) {
      multiply(y_data + place(g.y, i), a_data + place(g.a, i), b_data + place(g.b, i), one, steps, accumulate);
    };
    if (g.m * g.n * g.k >= work_for_all)
      for (int64_t i = 0; i < g.count(); ++i) multiply_one(i);
    else
      parallel_for(g.count(), multiply_one);
  });
}

}  // namespace radial::cpu
