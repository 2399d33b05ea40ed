// What a random tensor's elements are made of; the same on all devices.
#pragma once

#include <cmath>
#include <numbers>
#include <type_traits>

#include "core/dtype.h"
#include "core/host_device.h"
#include "core/random.h"

namespace radial {

// The leading bits of 64 random ones, as many as T holds: in [0, 1).
template <class T>
RADIAL_HOST_DEVICE double uniform_of(uint64_t bits) {
  if constexpr (std::is_same_v<T, double>) return static_cast<double>(bits >> 11) * 0x1.0p-53;
  if constexpr (std::is_same_v<T, float>) return static_cast<double>(bits >> 40) * 0x1.0p-24;
  return static_cast<double>(bits >> 56) * 0x1.0p-8;
}

// A pair of normal numbers.
struct NormalPair {
  double first, second;
};
RADIAL_HOST_DEVICE inline NormalPair normal_pair(uint64_t a, uint64_t b) {
  const double radius = std::sqrt(-2 * std::log(1 - uniform_of<double>(a)));
  const double angle = 2 * std::numbers::pi * uniform_of<double>(b);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

// Of 64 random bits less than this many tell an element that is dropped with probability p in [0, 1).
inline uint64_t drop_limit(double p) { return static_cast<uint64_t>(p * 0x1.0p64); }

}  // namespace radial
