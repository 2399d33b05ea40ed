// What both kinds of products of Winograd's transforms go by (winograd.cpp, winograd_gradient.cpp): how results are cut
// into tiles, where a tile's pixels lie, and where its values in the domain of the products.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "core/parallel.h"
#include "core/simd/winograd_transforms.h"

namespace radial::simd::winograd {

inline constexpr int points = winograd_points, frequencies = winograd_frequencies;

// One direction of the results in tiles of 4, the last of them 3 long as far as that covers all: 14 = 4 + 4 + 3 + 3.
struct Line {
  int64_t tiles, fours;

  explicit Line(int64_t size) : tiles(divide_up(size, 4)), fours(tiles - std::min(tiles, 4 * tiles - size)) {}
  int64_t begin(int64_t tile) const { return 4 * tile - std::max<int64_t>(0, tile - fours); }
  int results(int64_t tile) const { return tile < fours ? 4 : 3; }
  int64_t products() const { return points * fours + (points - 1) * (tiles - fours); }
};

struct TileAt {
  WinogradTile size;
  int64_t n, i, j;  // its first result
};

// All tiles of n pictures of results.
struct Tiling {
  int64_t n;
  Line rows, columns;

  Tiling(int64_t pictures, int64_t h, int64_t w) : n(pictures), rows(h), columns(w) {}
  int64_t tiles() const { return n * rows.tiles * columns.tiles; }
  // For each pair of channels.
  int64_t products() const { return n * rows.products() * columns.products(); }
  TileAt at(int64_t tile) const {
    const int64_t j = tile % columns.tiles, i = tile / columns.tiles % rows.tiles;
    return {
        {rows.results(i), columns.results(j)}, tile / (columns.tiles * rows.tiles), rows.begin(i), columns.begin(j)};
  }
};

// Pictures [n, h, w], whose pixels lie `stride` floats apart.
template <class T>
struct Pictures {
  T* data;
  int64_t h, w, stride;
};

// Pointers to the pixels of some tiles, tile after tile: `more` rows and columns more than the tile has results, from
// `padding` pixels above and left of the first. Pixels outside of the picture are `outside`.
template <class T>
class TilePixels {
 public:
  TilePixels(Pictures<T> pictures, const Tiling& tiling, int more, int64_t padding, T* outside)
      : pictures_(pictures), tiling_(tiling), more_(more), padding_(padding), outside_(outside) {}

  void locate(int64_t begin, int64_t count) {
    pixels_.resize(static_cast<size_t>(count * most));
    for (int64_t t = 0; t < count; ++t) locate(tiling_.at(begin + t), pixels_.data() + t * most);
  }
  T* const* of(int64_t t) const { return pixels_.data() + t * most; }

 private:
  static constexpr int64_t most = points * points;

  void locate(const TileAt& tile, T** out) const {
    const int64_t columns = tile.size.columns + more_, left = tile.j - padding_;
    for (int r = 0; r < tile.size.rows + more_; ++r, out += columns) {
      const int64_t i = tile.i - padding_ + r;
      if (i < 0 || i >= pictures_.h) {
        std::fill(out, out + columns, outside_);
        continue;
      }
      T* row = pictures_.data + (tile.n * pictures_.h + i) * pictures_.w * pictures_.stride;
      for (int64_t c = 0; c < columns; ++c) {
        const int64_t j = left + c;
        out[c] = j < 0 || j >= pictures_.w ? outside_ : row + j * pictures_.stride;
      }
    }
  }

  Pictures<T> pictures_;
  const Tiling& tiling_;
  int more_;
  int64_t padding_;
  T* outside_;
  std::vector<T*> pixels_;
};

// Rows [frequency][tile][column], columns padded so that neither rows nor frequencies lie a power of two apart: such
// addresses would share few sets of the first-level cache.
struct Spectrum {
  int64_t row, frequency;
  Spectrum(int64_t tiles, int64_t columns) : row(columns + 16), frequency(tiles * row + 16) {}
  int64_t floats() const { return frequencies * frequency; }
};

// The rows of a spectrum by frequency: those of tiles that have a value there.
template <class T>
class SpectrumRows {
 public:
  void fill(const Tiling& tiling, int64_t begin, int64_t count, T* spectrum, int64_t row) {
    for (auto& rows : rows_) rows.clear();
    for (int64_t t = 0; t < count; ++t) {
      const WinogradTile tile = tiling.at(begin + t).size;
      for (const int64_t f : {0, winograd_left_out, winograd_left_out * points, winograd_left_out * (points + 1)})
        if (tile.has(f)) rows_[kind(f)].push_back(spectrum + t * row);
    }
  }
  const std::vector<T*>& at(int64_t f) const { return rows_[kind(f)]; }

 private:
  static size_t kind(int64_t f) {
    return (f / points == winograd_left_out ? 2U : 0U) + (f % points == winograd_left_out ? 1U : 0U);
  }
  std::array<std::vector<T*>, 4> rows_;
};

}  // namespace radial::simd::winograd
