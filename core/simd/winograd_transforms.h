// Winograd's transforms of one tile: 4x4 results of a 3x3 filter (or 3x3 gradients of a filter) from 6x6 pixels.
//
// A convolution of m results with r taps is the product of two polynomials, found from its values at m + r - 1 points:
// y = A^T [(G g) * (B^T d)] (Lavin and Gray, arXiv 1509.09308). Points are 0, 3/4, -3/4, 3/2, -3/2 and infinity: exact
// in binary and nearer to each other than the usual 0, 1, -1, 2, -2, they halve the error of float32.
//
// A tile may also have 3 results in a direction, from 5 pixels: it leaves -3/2 out. The same filters in the domain of
// the products serve all tiles, since the patches carry what the scales of G differ by. So 7 = 4 + 3 results cost 11
// products, not 12, in each direction, and 14 = 4 + 4 + 3 + 3 cost 22, not 24.
#pragma once

#include <cstdint>

namespace radial::simd {

inline constexpr int winograd_points = 6;        // in each direction
inline constexpr int winograd_left_out = 4;      // the point that tiles of 3 results do without
inline constexpr int winograd_frequencies = 36;  // values of a tile in the domain of the products: f = 6 i + j

// Results of a tile in each direction: 3 or 4.
struct WinogradTile {
  int rows, columns;
  // Whether it has a value at frequency f.
  bool has(int64_t f) const {
    return (rows == 4 || f / winograd_points != winograd_left_out) &&
           (columns == 4 || f % winograd_points != winograd_left_out);
  }
};

// Channels are vectors: all counts of channels are multiples of Tiles::lanes. Squares of pixels are pointers, row after
// row.
struct WinogradTransforms {
  using Into = void (*)(const float* const* in, float* out, int64_t step, int64_t channels);
  using From = void (*)(const float* in, int64_t step, float* const* out, int64_t channels, bool accumulate);

  // By [rows - 3][columns - 3] of the tile:
  Into patches[2][2];    // out[f * step + c] = (B^T d B)_f of rows + 2 times columns + 2 pixels d
  From results[2][2];    // y_ij[c] (+)= (A^T m A)_ij with m_f = in[f * step + c], rows times columns pixels
  Into gradients[2][2];  // what the patches are multiplied with for the gradient of a filter, from dy

  Into filter;           // out[f * step + c] = (G g G^T)_f of the 3x3 taps g
  Into far_filter;       // the same past the caches; out and step are whole vectors
  From filter_gradient;  // its 3x3 taps from the sum over all tiles; what no tile adds to a frequency counts as zero

  Into patch(WinogradTile t) const { return patches[t.rows - 3][t.columns - 3]; }
  From result(WinogradTile t) const { return results[t.rows - 3][t.columns - 3]; }
  Into gradient(WinogradTile t) const { return gradients[t.rows - 3][t.columns - 3]; }
};
const WinogradTransforms& winograd_transforms();

}  // namespace radial::simd
