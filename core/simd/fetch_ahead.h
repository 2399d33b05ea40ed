// A stretch of memory that is needed soon, handed out to the tiles that are computed until then (InnerTile::ahead).
#pragma once

#include <cstdint>
#include <utility>

#include "core/simd/tile.h"

namespace radial::simd {

class FetchAhead {
 public:
  FetchAhead() = default;  // of nothing
  FetchAhead(const float* begin, int64_t floats) : next_(begin), left_(floats) {}

  bool done() const { return left_ <= 0; }
  // The part that a tile with sums of so many terms fetches; null if nothing is left.
  const float* take(int64_t terms) {
    if (done()) return nullptr;
    const int64_t floats = terms * floats_ahead_of_term;
    left_ -= floats;
    return std::exchange(next_, next_ + floats);
  }

 private:
  const float* next_ = nullptr;
  int64_t left_ = 0;
};

}  // namespace radial::simd
