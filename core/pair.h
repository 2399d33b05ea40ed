// A number for each axis of a picture: rows (h) and columns (w).
#pragma once

#include <cstdint>
#include <ostream>

namespace radial {

struct Pair {
  int64_t h = 0, w = 0;

  constexpr Pair() = default;
  constexpr Pair(int64_t both) : h(both), w(both) {}  // NOLINT: {.stride = 2} is both axes'
  constexpr Pair(int64_t h_, int64_t w_) : h(h_), w(w_) {}

  constexpr bool operator==(const Pair&) const = default;
  constexpr int64_t product() const { return h * w; }
  constexpr int64_t least() const { return h < w ? h : w; }
  constexpr int64_t most() const { return h < w ? w : h; }
};

// "2", or "2 x 3" where the axes differ
inline std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  out << pair.h;
  return pair.h == pair.w ? out : out << " x " << pair.w;
}

}  // namespace radial
