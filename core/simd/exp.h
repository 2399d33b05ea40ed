// e^x as plain arithmetic, so that compilers make vectors of loops over it. It is inlined into loops that are compiled
// for each instruction set.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace radial::simd {

// Within 2 units in the last place; NaN stays NaN.
[[gnu::always_inline]] inline float exp(float x) {
  const float least = x < -104 ? -104 : x, in_range = least > 89 ? 89 : least;  // e^-104 is 0 and e^89 infinite
  // x = n log 2 + r: adding 1.5 * 2^23 rounds to an integer, which then stands in the lowest bits.
  const float shifted = in_range * 0x1.715476p0F + 0x1.8p23F, n = shifted - 0x1.8p23F;
  const float r = (in_range - n * 0x1.63p-1F) - n * -0x1.bd0106p-13F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1;
  // 2^n in two factors, as n may be below the least exponent.
  const int32_t k = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(0x1.8p23F), half = k >> 1;
  return p * std::bit_cast<float>((half + 127) << 23) * std::bit_cast<float>((k - half + 127) << 23);
}

[[gnu::always_inline]] inline double exp(double x) { return std::exp(x); }

}  // namespace radial::simd
