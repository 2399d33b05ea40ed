// IEEE half precision, which other programs' files hold.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace radial {

inline float from_half(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  float magnitude = 0;
  if (exponent == 31) {
    magnitude = fraction ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  } else {
    magnitude = std::ldexp(static_cast<float>(exponent ? fraction + 1024 : fraction), std::max(exponent, 1) - 25);
  }
  return bits & 0x8000 ? -magnitude : magnitude;
}

}  // namespace radial
