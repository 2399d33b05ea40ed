// A copy between two boxes of elements, each with strides of its own: what permute, narrow, concat, flip, pad and
// expand come to.
#pragma once

#include <array>

#include "core/shape.h"

namespace radial {

struct StridedCopy {
  Shape extents;                                      // of both boxes
  std::array<int64_t, Shape::max_rank> to{}, from{};  // strides in elements; `from` may be 0 or negative
  int64_t to_first = 0, from_first = 0;               // the element at which each box begins

  int rank() const { return extents.rank(); }
};

// Strides of a tensor of this shape.
std::array<int64_t, Shape::max_rank> strides_of(const Shape& shape);

// The same copy in fewer dimensions: those of one element dropped, neighbours that lie as one merged; none is left
// where there is but one element.
StridedCopy simplified(const StridedCopy& copy);

// The same copy in elements of twice the size; false where it cannot be told so.
bool widen(StridedCopy& copy);

}  // namespace radial
