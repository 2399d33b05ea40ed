// What a random tensor's elements are made of; the same on all devices.
#pragma once

#include <bit>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "core/dtype.h"
#include "core/ops/pointwise_math.h"
#include "core/random.h"

namespace radial {

// x < 2^53 as a double, exact; in instructions that every set of vectors has: both halves become last bits of a double.
RADIAL_POINTWISE double whole(uint64_t x) {
  const double low = std::bit_cast<double>((x & 0xFFFFFFFF) | 0x4330000000000000);  // 2^52 and the half
  const double high = std::bit_cast<double>((x >> 32) | 0x4530000000000000);        // 2^84 and 2^32 times the half
  return (high - (0x1p84 + 0x1p52)) + low;
}

// The leading bits of 64 random ones, as many as T holds: in [0, 1).
template <class T>
RADIAL_POINTWISE double uniform_of(uint64_t bits) {
  if constexpr (std::is_same_v<T, double>) return whole(bits >> 11) * 0x1p-53;
  if constexpr (std::is_same_v<T, float>) return whole(bits >> 40) * 0x1p-24;
  return whole(bits >> 56) * 0x1p-8;
}

// log(x) for a normal x > 0, within a unit in the last place and without a branch, so that the loops around it become
// vectors: x = 2^e m, m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f), log(m) = f - s (f - R(s^2)); the
// polynomial R is Sun's fdlibm's (e_log.c).
RADIAL_POINTWISE double log_of_normal(double x) {
  constexpr uint64_t root_half = 0x3FE6A09E667F3BCD, mantissa = 0xFFFFFFFFFFFFF;
  const uint64_t bits = std::bit_cast<uint64_t>(x) + (0x3FF0000000000000 - root_half);
  const double e = std::bit_cast<double>((bits >> 52) | 0x4330000000000000) - (0x1.0p52 + 1023);
  const double f = std::bit_cast<double>((bits & mantissa) + root_half) - 1, s = f / (2 + f), z = s * s;
  double r = 1.479819860511658591e-1;
  r = r * z + 1.531383769920937332e-1;
  r = r * z + 1.818357216161805012e-1;
  r = r * z + 2.222219843214978396e-1;
  r = r * z + 2.857142874366239149e-1;
  r = r * z + 3.999999999940941908e-1;
  r = r * z + 6.666666666666735130e-1;
  const double half = 0.5 * f * f;
  return e * 6.93147180369123816490e-1 - ((half - (s * (half + r * z) + e * 1.90821492927058770002e-10)) - f);
}

// cos and sin of 2 pi u, u in [0, 1), likewise: the nearest quarter turn is taken off, which is exact; fdlibm's
// polynomials (k_cos.c, k_sin.c).
struct CosSin {
  double cos, sin;
};
RADIAL_POINTWISE CosSin cos_sin_of_turn(double u) {
  constexpr double to_whole = 0x1.8p52;  // adding it rounds to a whole number, which the last bits hold
  const double shifted = 4 * u + to_whole;
  const auto quarter = std::bit_cast<uint64_t>(shifted);
  const double a = 2 * std::numbers::pi * (u - 0.25 * (shifted - to_whole)), z = a * a;
  double p = 1.58969099521155010221e-10, q = -1.13596475577881948265e-11;
  p = p * z - 2.50507602534068634195e-8;
  p = p * z + 2.75573137070700676789e-6;
  p = p * z - 1.98412698298579493134e-4;
  p = p * z + 8.33333333332248946124e-3;
  p = p * z - 1.66666666666666324348e-1;
  q = q * z + 2.08757232129817482790e-9;
  q = q * z - 2.75573143513906633035e-7;
  q = q * z + 2.48015872894767294178e-5;
  q = q * z - 1.38888888888741095749e-3;
  q = q * z + 4.16666666666666019037e-2;
  const double sin = a + a * z * p, cos = 1 - (0.5 * z - z * z * q);
  const double x = (quarter & 1) != 0 ? sin : cos, y = (quarter & 1) != 0 ? cos : sin;
  return {((quarter + 1) & 2) != 0 ? -x : x, (quarter & 2) != 0 ? -y : y};
}

// A pair of normal numbers (Box and Muller).
struct NormalPair {
  double first, second;
};
RADIAL_POINTWISE NormalPair normal_pair(uint64_t a, uint64_t b) {
  const double radius = std::sqrt(-2 * log_of_normal(1 - uniform_of<double>(a)));
  const CosSin angle = cos_sin_of_turn(uniform_of<double>(b));
  return {radius * angle.cos, radius * angle.sin};
}

// Of 64 random bits less than this many tell an element that is dropped with probability p in [0, 1).
inline uint64_t drop_limit(double p) { return static_cast<uint64_t>(p * 0x1.0p64); }

}  // namespace radial
