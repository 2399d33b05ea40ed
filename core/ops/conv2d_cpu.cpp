// Convolutions in float32 as products whose rows are gathered from the pictures; Winograd's, depthwise ones and float64
// elsewhere.
#include "core/kernels.h"
#include "core/ops/conv2d_algorithm.h"
#include "core/ops/conv2d_columns.h"
#include "core/ops/conv2d_float64.h"
#include "core/parallel.h"
#include "core/simd/depthwise.h"
#include "core/simd/gemm.h"
#include "core/simd/winograd.h"

namespace radial::cpu {
namespace {

using simd::PixelRows;
using simd::Tap;

bool is_depthwise(const Conv2dGeometry& g) { return g.cg == 1 && g.og() == 1; }

// With few channels (the first layer's 3) a row of a filter, kw * c contiguous floats of a padded picture, serves as
// one tap: longer sums without a new address.
bool merges_taps(const Conv2dGeometry& g) { return g.groups == 1 && g.dilation.w == 1 && g.kw > 1 && g.c < 16; }

// The input as the rows of a matrix for each tap, `length` floats of a row a tap.
struct Input {
  PixelRows<const float> rows;
  std::vector<Tap> taps;
  int64_t length;
  Tensor padded;  // keeps the padded copy alive if there is one
};

Tensor pad(const Tensor& x, const Conv2dGeometry& g) {
  const Pair p = g.padding;
  const int64_t height = g.h + 2 * p.h, row = (g.w + 2 * p.w) * g.c, side = p.w * g.c;
  Tensor padded = Tensor::empty({g.n, height, g.w + 2 * p.w, g.c});
  const float* in = x.data<float>();
  float* out = padded.data<float>();
  parallel_ranges(g.n * height, 64, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t n = line / height, i = line % height - p.h;
      float* target = out + line * row;
      if (i < 0 || i >= g.h) {
        std::fill(target, target + row, 0.0F);
        continue;
      }
      const float* source = in + (n * g.h + i) * g.w * g.c;
      std::fill(target, target + side, 0.0F);
      std::copy(source, source + g.w * g.c, target + side);
      std::fill(target + row - side, target + row, 0.0F);
    }
  });
  return padded;
}

Input input_of(const Tensor& x, const Conv2dGeometry& g) {
  Input input;
  if (merges_taps(g)) {
    input.padded = g.padding == 0 ? x : pad(x, g);
    input.rows = {input.padded.data<float>(), g.h + 2 * g.padding.h, g.w + 2 * g.padding.w, g.c, g.stride};
    input.length = g.kw * g.c;
    for (int64_t r = 0; r < g.kh; ++r) input.taps.push_back({r * g.dilation.h, 0});
  } else {
    input.rows = {x.data<float>(), g.h, g.w, g.c, g.stride};
    input.length = g.cg;
    for (int64_t r = 0; r < g.kh; ++r)
      for (int64_t s = 0; s < g.kw; ++s)
        input.taps.push_back({r * g.dilation.h - g.padding.h, s * g.dilation.w - g.padding.w});
  }
  return input;
}

simd::Grid output_grid(const Conv2dGeometry& g) { return {g.n, g.oh, g.ow}; }

void forward(float* y, const Tensor& x, const float* w, const Conv2dGeometry& g) {
  const Input input = input_of(x, g);
  simd::Panels b(g.groups, g.kh * g.kw * g.cg, g.og());
  b.pack_columns(w);
  simd::multiply({.grid = output_grid(g),
                  .y = {y, g.oh, g.ow, g.o},
                  .y_tap = {},
                  .x = input.rows,
                  .taps = input.taps,
                  .length = input.length,
                  .b = b});
}

// Clears the pixels (i + s * stride.h, j + t * stride.w) of dx.
void clear_phase(float* dx, const Conv2dGeometry& g, int64_t i, int64_t j) {
  const int64_t lines = divide_up(g.h - i, g.stride.h);
  parallel_ranges(g.n * lines, 16, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      float* row = dx + (line / lines * g.h + i + line % lines * g.stride.h) * g.w * g.c;
      for (int64_t column = j; column < g.w; column += g.stride.w) std::fill_n(row + column * g.c, g.c, 0.0F);
    }
  });
}

// The pixels of dx with the same rest modulo the stride see the same taps of the filters: for each of these phases a
// convolution of dy with stride 1.
void backward_input(float* dx, const float* dy, const float* w, const Conv2dGeometry& g, bool accumulate) {
  const Pair s = g.stride;
  const int64_t filter = g.kh * g.kw * g.cg;
  for (int64_t i = 0; i < std::min(s.h, g.h); ++i) {
    for (int64_t j = 0; j < std::min(s.w, g.w); ++j) {
      std::vector<Tap> taps;               // in dy
      std::vector<int64_t> tap_of_filter;  // r * kw + s
      for (int64_t r = 0; r < g.kh; ++r) {
        for (int64_t q = 0; q < g.kw; ++q) {
          const int64_t di = i + g.padding.h - r * g.dilation.h, dj = j + g.padding.w - q * g.dilation.w;
          if (di % s.h != 0 || dj % s.w != 0) continue;
          taps.push_back({di / s.h, dj / s.w});
          tap_of_filter.push_back(r * g.kw + q);
        }
      }
      if (taps.empty()) {
        if (!accumulate) clear_phase(dx, g, i, j);
        continue;
      }
      simd::Panels b(g.groups, static_cast<int64_t>(taps.size()) * g.og(), g.cg);
      b.pack_rows([&](int64_t group, int64_t k) {
        const int64_t tap = tap_of_filter[static_cast<size_t>(k / g.og())], filters = group * g.og() + k % g.og();
        return w + filters * filter + tap * g.cg;
      });
      simd::multiply({.grid = {g.n, divide_up(g.h - i, s.h), divide_up(g.w - j, s.w)},
                      .y = {dx, g.h, g.w, g.c, s},
                      .y_tap = {i, j},
                      .x = {dy, g.oh, g.ow, g.o},
                      .taps = taps,
                      .length = g.og(),
                      .b = b,
                      .accumulate = accumulate});
    }
  }
}

// Vectors run along the channels of the input, or along the filters where those fill vectors better.
void backward_weight(float* dw, const float* dy, const Tensor& x, const Conv2dGeometry& g, bool accumulate) {
  const Input input = input_of(x, g);
  const simd::OuterSum::Side filters{{dy, g.oh, g.ow, g.o}, {Tap{}}, g.og()};
  const simd::OuterSum::Side channels{input.rows, input.taps, input.length};
  const auto padded = [](int64_t columns) {
    const int64_t lanes = simd::tiles().lanes;
    return divide_up(columns, lanes) * lanes;
  };
  if (padded(input.length) * g.og() <= padded(g.og()) * input.length) {
    simd::sum_outer_products({output_grid(g), filters, channels, dw, g.groups, accumulate});
    return;
  }
  const int64_t filter = channels.columns();
  Tensor transposed = Tensor::empty({g.groups, filter, g.og()});
  const float* source = transposed.data<float>();
  simd::sum_outer_products({output_grid(g), channels, filters, transposed.data<float>(), g.groups});
  parallel_ranges(g.o, 16, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      const float* column = source + o / g.og() * filter * g.og() + o % g.og();
      float* row = dw + o * filter;
      for (int64_t k = 0; k < filter; ++k) row[k] = accumulate ? row[k] + column[k * g.og()] : column[k * g.og()];
    }
  });
}

}  // namespace

void conv2d_forward(Tensor& y, const Tensor& x, const Tensor& w, const Conv2dGeometry& g) {
  if (x.dtype() == DType::f64) return float64::conv2d_forward(y.data<double>(), x.data<double>(), w.data<double>(), g);
  if (is_depthwise(g)) return simd::depthwise_forward(y.data<float>(), x.data<float>(), w.data<float>(), g);
  if (uses_winograd(g)) return simd::winograd_forward(y.data<float>(), x.data<float>(), w.data<float>(), g);
  forward(y.data<float>(), x, w.data<float>(), g);
}

void conv2d_backward_input(Tensor& dx, const Tensor& dy, const Tensor& w, const Conv2dGeometry& g, bool accumulate) {
  if (dy.dtype() == DType::f64)
    return float64::conv2d_backward_input(dx.data<double>(), dy.data<double>(), w.data<double>(), g, accumulate);
  if (is_depthwise(g))
    return simd::depthwise_backward_input(dx.data<float>(), dy.data<float>(), w.data<float>(), g, accumulate);
  if (uses_winograd(g))
    return simd::winograd_backward_input(dx.data<float>(), dy.data<float>(), w.data<float>(), g, accumulate);
  if (serves_columns(g))
    return backward_input_by_columns(dx.data<float>(), dy.data<float>(), w.data<float>(), g, accumulate);
  backward_input(dx.data<float>(), dy.data<float>(), w.data<float>(), g, accumulate);
}

void conv2d_backward_weight(Tensor& dw, const Tensor& dy, const Tensor& x, const Conv2dGeometry& g, bool accumulate) {
  if (dy.dtype() == DType::f64)
    return float64::conv2d_backward_weight(dw.data<double>(), dy.data<double>(), x.data<double>(), g, accumulate);
  if (is_depthwise(g))
    return simd::depthwise_backward_weight(dw.data<float>(), dy.data<float>(), x.data<float>(), g, accumulate);
  if (uses_winograd(g))
    return simd::winograd_backward_weight(dw.data<float>(), dy.data<float>(), x.data<float>(), g, accumulate);
  backward_weight(dw.data<float>(), dy.data<float>(), x, g, accumulate);
}

}  // namespace radial::cpu
