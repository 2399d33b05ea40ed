// Winograd's transforms of one tile: 4x4 results of a 3x3 filter (or 3x3 gradients of a filter) from 6x6 pixels.
//
// A convolution of m results with r taps is the product of two polynomials, found from its values at 6 = m + r - 1
// points: y = A^T [(G g) * (B^T d)] (Lavin and Gray, arXiv 1509.09308). Points are 0, 3/4, -3/4, 3/2, -3/2 and
// infinity: exact in binary and nearer to each other than the usual 0, 1, -1, 2, -2, they halve the error of float32.
#pragma once

#include <cstdint>

namespace radial::simd {

inline constexpr int winograd_tile = 4;          // results of a tile in each direction
inline constexpr int winograd_patch = 6;         // pixels that they read
inline constexpr int winograd_frequencies = 36;  // values of a tile in the domain of the products

// Channels are vectors: all counts of channels are multiples of Tiles::lanes.
struct WinogradTransforms {
  // out[f * step + c] = (B^T d B)_f of the 6x6 pixels d[i * 6 + j][c].
  void (*patch)(const float* const* d, float* out, int64_t step, int64_t channels);
  // y[i * 4 + j][c] (+)= (A^T m A)_ij with m_f = in[f * step + c].
  void (*result)(const float* in, int64_t step, float* const* y, int64_t channels, bool accumulate);
  // out[f * step + c] = (G g G^T)_f of the 3x3 taps g[i * 3 + j][c].
  void (*filter)(const float* const* g, float* out, int64_t step, int64_t channels);
  // The gradient of a filter convolves 6x6 pixels with 4x4 gradients of the results: its two other transforms.
  void (*gradient)(const float* const* dy, float* out, int64_t step, int64_t channels);
  void (*filter_gradient)(const float* in, int64_t step, float* const* dw, int64_t channels, bool accumulate);
};
const WinogradTransforms& winograd_transforms();

}  // namespace radial::simd
