// exp, log, tanh and erf of single elements, for pointwise ops and softmax, on host and device. In float64 they are the
// standard library's. In float32 they are polynomials without a branch, so that the loops around them become vectors;
// within 2.5 units in the last place of the true value, and with the standard library's results for NaN, infinities and
// what lies outside of their domains.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/host_device.h"

#ifdef __CUDACC__
#define RADIAL_POINTWISE RADIAL_HOST_DEVICE __forceinline__
#else
#define RADIAL_POINTWISE [[gnu::always_inline]] inline
#endif

namespace radial::pointwise {

RADIAL_POINTWISE double exp(double x) { return std::exp(x); }
RADIAL_POINTWISE double log(double x) { return std::log(x); }
RADIAL_POINTWISE double log1p(double x) { return std::log1p(x); }
RADIAL_POINTWISE double tanh(double x) { return std::tanh(x); }
RADIAL_POINTWISE double erf(double x) { return std::erf(x); }

// 2^n, n in [-126, 127].
RADIAL_POINTWISE float power_of_two(int32_t n) { return std::bit_cast<float>(static_cast<uint32_t>(n + 127) << 23); }

// x = n log 2 + r, |r| <= log(2) / 2, and exp(x) = 2^n exp(r). 2^n in two factors: results may be subnormal.
RADIAL_POINTWISE float exp(float x) {
  constexpr float to_whole = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number, which the last bits hold
  x = x > 104.0F ? 104.0F : x;
  x = x < -104.0F ? -104.0F : x;
  const float shifted = x * 1.44269504088896341F + to_whole;
  const float n = shifted - to_whole;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const int32_t whole = std::bit_cast<int32_t>(shifted) - 0x4B400000, half = whole >> 1;
  // A NaN leaves in `whole` what its bits happen to be.
  const int32_t first = x == x ? half : 0, second = x == x ? whole - half : 0;
  return p * power_of_two(first) * power_of_two(second);
}

// x = 2^e m, m in [sqrt(1/2), sqrt(2)), and log(x) = e log 2 + log(m).
RADIAL_POINTWISE float log(float x) {
  constexpr float least = std::numeric_limits<float>::min(), infinity = std::numeric_limits<float>::infinity();
  const bool subnormal = x < least;
  const uint32_t bits = std::bit_cast<uint32_t>(subnormal ? x * 8388608.0F : x) - 0x3F3504F3u;
  const auto e = static_cast<float>(static_cast<int32_t>(bits) >> 23) - (subnormal ? 23.0F : 0.0F);
  const float f = std::bit_cast<float>((bits & 0x7FFFFFu) + 0x3F3504F3u) - 1.0F;
  float p = 7.0376836292e-2F;
  p = p * f - 1.1514610310e-1F;
  p = p * f + 1.1676998740e-1F;
  p = p * f - 1.2420140846e-1F;
  p = p * f + 1.4249322787e-1F;
  p = p * f - 1.6668057665e-1F;
  p = p * f + 2.0000714765e-1F;
  p = p * f - 2.4999993993e-1F;
  p = p * f + 3.3333331174e-1F;
  const float square = f * f;
  float y = p * f * square - 2.12194440e-4F * e - 0.5F * square + f + 0.693359375F * e;
  y = x < infinity ? y : x;  // and NaN
  y = x == 0 ? -infinity : y;
  return x < 0 ? std::numeric_limits<float>::quiet_NaN() : y;
}

// For x in [0, 1]: the rounding of 1 + x is taken back.
RADIAL_POINTWISE float log1p(float x) {
  const float sum = 1.0F + x, added = sum - 1.0F;
  return added == 0 ? x : log(sum) * (x / added);
}

RADIAL_POINTWISE float tanh(float x) {
  const float size = x < 0 ? -x : x, square = x * x;
  float p = -5.70498872745e-3F;
  p = p * square + 2.06390887954e-2F;
  p = p * square - 5.37397155531e-2F;
  p = p * square + 1.33314422036e-1F;
  p = p * square - 3.33332819422e-1F;
  const float near = p * square * x + x;
  const float far = 1.0F - 2.0F / (exp(2.0F * size) + 1.0F);
  return size < 0.625F ? near : (x < 0 ? -far : far);
}

RADIAL_POINTWISE float erf(float x) {
  const float size = x < 0 ? -x : x, square = x * x;
  float near = -5.96761703e-4F;
  near = near * square + 4.99119423e-3F;
  near = near * square - 2.67681349e-2F;
  near = near * square + 1.12819925e-1F;
  near = near * square - 3.76125336e-1F;
  near = near * square + 1.28379166e-1F;
  near = near * x + x;
  const float t = size > 4.0F ? 4.0F : size;  // erf(4) rounds to 1
  float p = -1.72853470e-5F;
  p = p * t + 3.83197126e-4F;
  p = p * t - 3.88396438e-3F;
  p = p * t + 2.42546219e-2F;
  p = p * t - 1.06777877e-1F;
  p = p * t - 6.34846687e-1F;
  p = p * t - 1.28717512e-1F;
  p = p * t - t;
  const float far = 1.0F - exp(p);
  return size > 0.927734375F ? (x < 0 ? -far : far) : near;
}

}  // namespace radial::pointwise
