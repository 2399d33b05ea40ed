#include "core/ops/conv2d_float64.h"

#define EIGEN_DONT_PARALLELIZE  // its blocking, so its rounding, would follow the number of threads
#include <algorithm>
#include <vector>

#include <Eigen/Core>

#include "core/parallel.h"

namespace radial::float64 {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Strided = Eigen::OuterStride<>;
using Rows = Eigen::Map<Matrix, 0, Strided>;
using ConstRows = Eigen::Map<const Matrix, 0, Strided>;

// Calls f(pixel, column, offset) for each tap of each output pixel of a picture that lies inside the input:
// row `pixel` of the unrolled picture, columns [column, column + cg), and where its channels start in the picture.
template <class F>
void for_each_tap(const Conv2dGeometry& g, int64_t group, const F& f) {
  for (int64_t p = 0; p < g.oh; ++p) {
    for (int64_t q = 0; q < g.ow; ++q) {
      for (int64_t r = 0; r < g.kh; ++r) {
        for (int64_t s = 0; s < g.kw; ++s) {
          const int64_t i = p * g.stride.h + r * g.dilation.h - g.padding.h,
                        j = q * g.stride.w + s * g.dilation.w - g.padding.w;
          if (0 <= i && i < g.h && 0 <= j && j < g.w)
            f(p * g.ow + q, (r * g.kw + s) * g.cg, (i * g.w + j) * g.c + group * g.cg);
        }
      }
    }
  }
}

// im2col: [oh * ow, kh * kw * cg]
Matrix unroll(const double* picture, const Conv2dGeometry& g, int64_t group) {
  Matrix rows = Matrix::Zero(g.oh * g.ow, g.kh * g.kw * g.cg);
  for_each_tap(g, group, [&](int64_t pixel, int64_t column, int64_t offset) {
    std::copy(picture + offset, picture + offset + g.cg, &rows(pixel, column));
  });
  return rows;
}

// One picture's outputs of a group [oh * ow, og], inside of [oh, ow, o]; the filters of a group [og, kh * kw * cg].
template <class T>
auto outputs(T* y, const Conv2dGeometry& g, int64_t picture, int64_t group) {
  using Map = std::conditional_t<std::is_const_v<T>, ConstRows, Rows>;
  return Map(y + picture * g.oh * g.ow * g.o + group * g.og(), g.oh * g.ow, g.og(), Strided(g.o));
}
template <class T>
auto filters(T* w, const Conv2dGeometry& g, int64_t group) {
  using Map = std::conditional_t<std::is_const_v<T>, ConstRows, Rows>;
  const int64_t filter = g.kh * g.kw * g.cg;
  return Map(w + group * g.og() * filter, g.og(), filter, Strided(filter));
}

}  // namespace

void conv2d_forward(double* y, const double* x, const double* w, const Conv2dGeometry& g) {
  parallel_for(g.n * g.groups, [&](int64_t task) {
    const int64_t picture = task / g.groups, group = task % g.groups;
    const Matrix rows = unroll(x + picture * g.h * g.w * g.c, g, group);
    outputs(y, g, picture, group).noalias() = rows * filters(w, g, group).transpose();
  });
}

void conv2d_backward_input(double* dx, const double* dy, const double* w, const Conv2dGeometry& g, bool accumulate) {
  parallel_for(g.n, [&](int64_t picture) {
    double* target = dx + picture * g.h * g.w * g.c;
    if (!accumulate) std::fill(target, target + g.h * g.w * g.c, 0.0);
    for (int64_t group = 0; group < g.groups; ++group) {
      const Matrix rows = outputs(dy, g, picture, group) * filters(w, g, group);
      for_each_tap(g, group, [&](int64_t pixel, int64_t column, int64_t offset) {
        for (int64_t c = 0; c < g.cg; ++c) target[offset + c] += rows(pixel, column + c);
      });
    }
  });
}

void conv2d_backward_weight(double* dw, const double* dy, const double* x, const Conv2dGeometry& g, bool accumulate) {
  parallel_for(g.groups, [&](int64_t group) {
    auto sum = filters(dw, g, group);
    if (!accumulate) sum.setZero();
    for (int64_t picture = 0; picture < g.n; ++picture) {
      const Matrix rows = unroll(x + picture * g.h * g.w * g.c, g, group);
      sum.noalias() += outputs(dy, g, picture, group).transpose() * rows;
    }
  });
}

}  // namespace radial::float64
