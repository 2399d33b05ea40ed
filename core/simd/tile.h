// The two kernels under every product and convolution: a tile of results, at most `rows` x `columns`, stays in
// registers while a long sum runs. Everything else in this folder cuts large problems into such tiles.
#pragma once

#include <cstdint>

namespace radial::simd {

// Memory that is needed soon: with each term of its sum a kernel fetches some of it into the second-level cache. Many
// lines at once would wait for one another, and the processor for them.
constexpr int64_t floats_ahead_of_term = 8;

// y[i][j] (+)= sum over r < runs, k < length of a[r][i][k] b[r * length + k][j]
// a[r][i] points to `length` contiguous floats. b is a panel (panels.h).
struct InnerTile {
  const float* const* a;  // a[r][i] + a_offset starts at a[r * a_step + i] + a_offset
  int64_t a_step, a_offset;
  int64_t runs, length;
  const float* b;
  float* const* y;  // row i starts at y[i] + y_offset
  int64_t y_offset;
  int rows, columns;
  bool accumulate;
  const float* ahead = nullptr;  // floats_ahead_of_term a term are fetched from here on; null: nothing new
};

// y[i][j] (+)= sum over p < count of a[p][i] b[p][j]
struct OuterTile {
  const float* const* a;  // a[p] + a_offset: `rows` floats
  int64_t a_offset;
  const float* const* b;  // b[p] + b_offset: panel_width(columns) readable floats, of which `columns` count
  int64_t b_offset;
  int64_t count;
  float* y;  // row i starts at y + i * y_step
  int64_t y_step;
  int rows, columns;
  bool accumulate;
  const float* const* ahead = nullptr;  // with term p the line of ahead[p] + ahead_offset is fetched; null: nothing new
  int64_t ahead_offset = 0;
};

// Tiles of the instruction set in use.
struct Tiles {
  int rows;     // most rows of a tile
  int lanes;    // floats of a vector
  int columns;  // most columns of a tile: two vectors
  void (*inner)(const InnerTile& tile);
  void (*outer)(const OuterTile& tile);
  // out[k * width + j] = source[j * step + k] for j < columns, k < count: packs columns into a panel.
  void (*transpose)(const float* source, int64_t step, int columns, int64_t count, float* out, int width);

  // Columns in memory of a tile with `count` of them: one or two vectors.
  int panel_width(int64_t count) const { return count > lanes ? columns : lanes; }
};
const Tiles& tiles();

}  // namespace radial::simd
