// The inner loops over rows of pixels, in vectors of whatever width the processor has; same bits on each, but for the
// last bit of normalise_row.
#pragma once

#include <cstdint>
#include <vector>

namespace radial::detail {

// Weights are fixed point with 22 bits after the point, as in Pillow: eight bits of pixel and two of headroom remain.
inline constexpr int weight_bits = 22;

// A one-dimensional linear filter: output i is the sum over k < taps of weights[i * taps + k] * input[first[i] + k].
struct Filter {
  int taps = 0;
  std::vector<int32_t> first;
  std::vector<int32_t> weights;

  int size() const { return static_cast<int>(first.size()); }
};

// Filters a row of RGB pixels. Reads a byte past the last pixel used and writes a byte past the last of `out`.
void filter_along_row(const uint8_t* row, const Filter& filter, uint8_t* out);

// out[i] = sum over k of weights[k] * rows[k * stride + i], for i < bytes.
void filter_across_rows(const uint8_t* rows, int64_t stride, const int32_t* weights, int taps, int64_t bytes,
                        uint8_t* out);

// out[i] = bytes[i] * scale[i % 3] + shift[i % 3], for i < count.
void normalise_row(const uint8_t* bytes, int64_t count, const float (&scale)[3], const float (&shift)[3], float* out);

}  // namespace radial::detail
