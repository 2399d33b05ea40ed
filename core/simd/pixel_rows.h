// A matrix whose rows lie scattered in NHWC pictures: what a convolution multiplies, without copying it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/pair.h"

namespace radial::simd {

// Where a filter's tap looks, in pixels from the output pixel.
struct Tap {
  int64_t i = 0, j = 0;
};

// The rows of a matrix, numbered as pixels (n, i, j) of a grid.
struct Grid {
  int64_t n, h, w;
  int64_t rows() const { return n * h * w; }
};

// Row (n, i, j) for a tap is the pixel (n, i * step.h + tap.i, j * step.w + tap.j) of pictures [n, h, w] whose pixels
// lie `stride` floats apart; it is zero outside of the picture. A plain matrix is one picture of height 1.
template <class T>
struct PixelRows {
  T* data;
  int64_t h, w, stride;
  Pair step = 1;

  // out[q] = row `begin + q` of the grid, for q < count; `zeros` where it lies outside.
  void locate(const Grid& grid, Tap tap, int64_t begin, int64_t count, T* zeros, T** out) const {
    int64_t j = begin % grid.w, i = begin / grid.w % grid.h, n = begin / (grid.w * grid.h);
    while (count > 0) {
      const int64_t end = std::min(grid.w, j + count);
      const int64_t y = i * step.h + tap.i;
      if (y < 0 || y >= h) {
        std::fill(out, out + (end - j), zeros);
      } else {
        // Columns [j, first) lie left of the picture, [last, end) right of it.
        const int64_t first = std::clamp(tap.j < 0 ? (step.w - 1 - tap.j) / step.w : 0, j, end);
        const int64_t last = std::clamp(w > tap.j ? (w - 1 - tap.j) / step.w + 1 : 0, first, end);
        std::fill(out, out + (first - j), zeros);
        T* pixel = data + ((n * h + y) * w + first * step.w + tap.j) * stride;
        for (int64_t q = first; q < last; ++q, pixel += step.w * stride) out[q - j] = pixel;
        std::fill(out + (last - j), out + (end - j), zeros);
      }
      out += end - j;
      count -= end - j;
      j = 0;
      if (++i == grid.h) i = 0, ++n;
    }
  }
};

template <class T>
PixelRows<T> matrix_rows(T* data, int64_t rows, int64_t stride) {
  return {data, 1, rows, stride};
}

}  // namespace radial::simd
