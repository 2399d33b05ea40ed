#include "core/simd/depthwise.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/simd/depthwise_kernels.h"

namespace radial::simd {
namespace {

// One axis of the geometry.
struct Axis {
  int64_t stride, padding, dilation, taps;
};
Axis rows_of(const Conv2dGeometry& g) { return {g.stride.h, g.padding.h, g.dilation.h, g.kh}; }
Axis columns_of(const Conv2dGeometry& g) { return {g.stride.w, g.padding.w, g.dilation.w, g.kw}; }

// Target i meets tap r at the source coordinate i * stride + r * dilation - padding, where that is inside.
AxisTaps forward_taps(int64_t targets, int64_t sources, const Axis& g) {
  AxisTaps axis{{}, {0}};
  for (int64_t i = 0; i < targets; ++i) {
    for (int64_t r = 0; r < g.taps; ++r) {
      const int64_t source = i * g.stride + r * g.dilation - g.padding;
      if (0 <= source && source < sources) axis.entries.push_back({r, source});
    }
    axis.first.push_back(static_cast<int64_t>(axis.entries.size()));
  }
  return axis;
}

// The same pairs seen from the input: i = source * stride + r * dilation - padding.
AxisTaps backward_taps(int64_t targets, int64_t sources, const Axis& g) {
  AxisTaps axis{{}, {0}};
  for (int64_t i = 0; i < targets; ++i) {
    for (int64_t r = 0; r < g.taps; ++r) {
      const int64_t scaled = i - r * g.dilation + g.padding;
      if (scaled >= 0 && scaled % g.stride == 0 && scaled / g.stride < sources)
        axis.entries.push_back({r, scaled / g.stride});
    }
    axis.first.push_back(static_cast<int64_t>(axis.entries.size()));
  }
  return axis;
}

// [c, taps] -> [taps, c]
std::vector<float> by_tap(const float* w, const Conv2dGeometry& g) {
  const int64_t taps = g.kh * g.kw;
  std::vector<float> result(static_cast<size_t>(taps * g.c));
  for (int64_t c = 0; c < g.c; ++c)
    for (int64_t t = 0; t < taps; ++t) result[static_cast<size_t>(t * g.c + c)] = w[c * taps + t];
  return result;
}

struct PictureSize {
  int64_t h, w;
};

// y[n, y.h, y.w, c] (+)= sum of the taps' products with x[n, x.h, x.w, c].
void filter(float* y, PictureSize y_size, const float* x, PictureSize x_size, const float* w, const AxisTaps& rows,
            const AxisTaps& columns, const Conv2dGeometry& g, bool accumulate) {
  const std::vector<float> weights = by_tap(w, g);
  const DepthwiseKernels& kernels = depthwise_kernels();
  constexpr int64_t lines_of_task = 8;
  parallel_ranges(g.n * y_size.h, lines_of_task, [&](int64_t begin, int64_t end) {
    std::vector<SourceLine> lines;
    for (int64_t line = begin; line < end; ++line) {
      const int64_t n = line / y_size.h;
      const auto i = static_cast<size_t>(line % y_size.h);
      lines.clear();
      for (int64_t e = rows.first[i]; e < rows.first[i + 1]; ++e) {
        const AxisTaps::Entry entry = rows.entries[static_cast<size_t>(e)];
        lines.push_back({x + (n * x_size.h + entry.source) * x_size.w * g.c, weights.data() + entry.tap * g.kw * g.c});
      }
      kernels.line({y + line * y_size.w * g.c, g.c, lines, columns, accumulate});
    }
  });
}

// Adds the products of one line of dy to sum [taps, c].
void add_line(float* sum, const float* dy, const float* x, int64_t line, const Conv2dGeometry& g) {
  const DepthwiseKernels& kernels = depthwise_kernels();
  const int64_t n = line / g.oh, p = line % g.oh;
  const int64_t stride = g.stride.w;
  for (int64_t r = 0; r < g.kh; ++r) {
    const int64_t i = p * g.stride.h + r * g.dilation.h - g.padding.h;
    if (i < 0 || i >= g.h) continue;
    for (int64_t s = 0; s < g.kw; ++s) {
      // Outputs q with 0 <= q * stride + shift < w.
      const int64_t shift = s * g.dilation.w - g.padding.w;
      const int64_t first = shift >= 0 ? 0 : divide_up(-shift, stride);
      const int64_t last = std::min(g.ow, g.w - shift <= 0 ? 0 : (g.w - shift - 1) / stride + 1);
      if (first >= last) continue;
      kernels.tap({.dw = sum + (r * g.kw + s) * g.c,
                   .dy = dy + (line * g.ow + first) * g.c,
                   .x = x + ((n * g.h + i) * g.w + first * stride + shift) * g.c,
                   .count = last - first,
                   .step = stride,
                   .channels = g.c});
    }
  }
}

}  // namespace

void depthwise_forward(float* y, const float* x, const float* w, const Conv2dGeometry& g) {
  filter(y, {g.oh, g.ow}, x, {g.h, g.w}, w, forward_taps(g.oh, g.h, rows_of(g)), forward_taps(g.ow, g.w, columns_of(g)),
         g, false);
}

void depthwise_backward_input(float* dx, const float* dy, const float* w, const Conv2dGeometry& g, bool accumulate) {
  filter(dx, {g.h, g.w}, dy, {g.oh, g.ow}, w, backward_taps(g.h, g.oh, rows_of(g)),
         backward_taps(g.w, g.ow, columns_of(g)), g, accumulate);
}

void depthwise_backward_weight(float* dw, const float* dy, const float* x, const Conv2dGeometry& g, bool accumulate) {
  const int64_t lines = g.n * g.oh, taps = g.kh * g.kw;
  const int64_t ranges = std::clamp<int64_t>(lines / 8, 1, 32);
  std::vector<float> partial(static_cast<size_t>(ranges * taps * g.c));
  parallel_for(ranges, [&](int64_t range) {
    float* sum = partial.data() + range * taps * g.c;
    for (int64_t line = lines * range / ranges; line < lines * (range + 1) / ranges; ++line)
      add_line(sum, dy, x, line, g);
  });
  for (int64_t c = 0; c < g.c; ++c) {
    for (int64_t t = 0; t < taps; ++t) {
      float total = 0;
      for (int64_t range = 0; range < ranges; ++range)
        total += partial[static_cast<size_t>((range * taps + t) * g.c + c)];
      float& target = dw[c * taps + t];
      target = accumulate ? target + total : total;
    }
  }
}

}  // namespace radial::simd
