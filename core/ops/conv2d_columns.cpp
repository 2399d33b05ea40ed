#include "core/ops/conv2d_columns.h"

#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "core/simd/floats.h"
#include "core/simd/gemm.h"

namespace radial::cpu {
namespace {

// line[w, c] of dx += what the columns of some pictures have for line i of picture n. `padded` is line with its
// padding.
void add_columns(float* line, std::vector<float>& padded, const float* columns, int64_t n, int64_t i,
                 const Conv2dGeometry& g) {
  const int64_t row = g.kw * g.c, all = g.kh * row;
  std::fill(padded.begin(), padded.end(), 0.0F);
  for (int64_t r = 0; r < g.kh; ++r) {
    const int64_t from = i + g.padding.h - r * g.dilation.h, p = from / g.stride.h;
    if (from < 0 || from % g.stride.h != 0 || p >= g.oh) continue;
    const float* column = columns + (n * g.oh + p) * g.ow * all + r * row;
    for (int64_t q = 0; q < g.ow; ++q, column += all) {
      float* pixel = padded.data() + q * g.stride.w * g.c;
      if (g.dilation.w == 1)
        for (int64_t k = 0; k < row; ++k) pixel[k] += column[k];
      else
        for (int64_t s = 0; s < g.kw; ++s)
          for (int64_t k = 0; k < g.c; ++k) pixel[s * g.dilation.w * g.c + k] += column[s * g.c + k];
    }
  }
  const float* inner = padded.data() + g.padding.w * g.c;
  for (int64_t k = 0; k < g.w * g.c; ++k) line[k] += inner[k];
}

}  // namespace

bool serves_columns(const Conv2dGeometry& g) {
  constexpr int64_t most_of_a_picture = 16 * 1024 * 1024;  // floats: a whole picture's columns are made at once
  const int64_t taps = g.kh * g.kw * g.c;
  return g.groups == 1 && g.c < 8 && taps > g.c && g.oh * g.ow <= most_of_a_picture / taps;
}

void backward_input_by_columns(float* dx, const float* dy, const float* w, const Conv2dGeometry& g, bool accumulate) {
  constexpr int64_t floats_at_once =
      512 * 1024;  // of columns, or one picture's: small ones stay in the caches until they are added
  const int64_t taps = g.kh * g.kw * g.c, pixels = g.oh * g.ow, line = g.w * g.c;
  const int64_t at_once = std::clamp<int64_t>(floats_at_once / std::max<int64_t>(1, pixels * taps), 1, g.n);
  simd::Panels filters(1, g.o, taps);
  filters.pack_rows([&](int64_t, int64_t o) { return w + o * taps; });
  simd::Floats columns(at_once * pixels * taps);
  for (int64_t first = 0; first < g.n; first += at_once) {
    const int64_t pictures = std::min(at_once, g.n - first), rows = pictures * pixels;
    simd::multiply({.grid = {1, 1, rows},
                    .y = simd::matrix_rows(columns.data(), rows, taps),
                    .y_tap = {},
                    .x = simd::matrix_rows(dy + first * pixels * g.o, rows, g.o),
                    .taps = {simd::Tap{}},
                    .length = g.o,
                    .b = filters});
    float* const target = dx + first * g.h * line;
    parallel_ranges(pictures * g.h, 8, [&](int64_t begin, int64_t end) {
      const int64_t widest = std::max(g.w + 2 * g.padding.w, (g.ow - 1) * g.stride.w + g.dilation.w * (g.kw - 1) + 1);
      std::vector<float> padded(static_cast<size_t>(widest * g.c));
      for (int64_t l = begin; l < end; ++l) {
        if (!accumulate) std::fill_n(target + l * line, line, 0.0F);
        add_columns(target + l * line, padded, columns.data(), l / g.h, l % g.h, g);
      }
    });
  }
}

}  // namespace radial::cpu
