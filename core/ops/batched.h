// Products of many matrices whose rows may lie apart, as those of one head of [batch, time, heads, features] do.
#pragma once

#include <cstdint>

namespace radial {

struct BatchedGeometry {
  // Distances in elements: of matrices along both dimensions of the batch (0 where all share one) and of rows.
  struct Factor {
    int64_t outer = 0, inner = 0, row = 0;
    bool transposed = false;
  };
  int64_t outer, inner;  // matrices: outer * inner
  int64_t m, n, k;       // op(a) [m, k] times op(b) [k, n]
  Factor y, a, b;        // y is not transposed, and its matrices do not overlap

  int64_t count() const { return outer * inner; }
};

}  // namespace radial
