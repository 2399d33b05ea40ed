// Products whose left rows are gathered from pictures: convolutions and matrix products without an im2col buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "core/simd/panels.h"
#include "core/simd/pixel_rows.h"

namespace radial::simd {

// For each group g and each pixel p of the grid:
//   y[p][g * columns + j] (+)= sum over taps t, k < length of x[p, t][g * length + k] * b_g(t * length + k, j)
// where y's rows are located by y_tap and x's by `taps`; b.k() = taps.size() * length.
struct Gemm {
  Grid grid;
  PixelRows<float> y;
  Tap y_tap;
  PixelRows<const float> x;
  std::vector<Tap> taps;
  int64_t length;
  const Panels& b;
  bool accumulate = false;
};
void multiply(const Gemm& gemm);

// For each group g:
//   y_g(s * a.length + i, t * b.length + j) (+)=
//       sum over the pixels p of the grid of a[p, s][g * a.length + i] * b[p, t][g * b.length + j]
// for all taps s of a and t of b. y holds the matrices y_g one after another.
struct OuterSum {
  struct Side {
    PixelRows<const float> rows;
    std::vector<Tap> taps;
    int64_t length;
    int64_t columns() const { return static_cast<int64_t>(taps.size()) * length; }
  };
  Grid grid;
  Side a, b;
  float* y;
  int64_t groups = 1;
  bool accumulate = false;
};
void sum_outer_products(const OuterSum& sum);

}  // namespace radial::simd
