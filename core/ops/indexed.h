// What the kernels of gather, index_select, embedding and scatter_add are given.
#pragma once

#include "core/ops/lanes.h"

namespace radial {

// Elements of lanes that indices (i32) name: x [outer, count, inner], y [outer, picked, inner], and indices of y's
// shape, or [picked], the same for all lanes. y[o, k, i] = x[o, index[o, k, i], i], or the way back.
struct Indexed {
  Lanes lanes;  // of x
  int64_t picked;
  bool shared;        // indices are [picked]
  int64_t skip = -1;  // an index that gets no gradient
};

}  // namespace radial
