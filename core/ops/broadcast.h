// How tensors of different shapes join in a pointwise op. Dimensions are counted from the last one; in each, an input
// has the result's extent or 1, or lacks the dimension, and is then read again and again.
#pragma once

#include <initializer_list>
#include <span>

#include "core/shape.h"
#include "core/tensor.h"

namespace radial {

// For kernels: y in dimensions of which those that lie side by side and are read alike by all inputs are one. Strides
// are in elements, 0 where an input is read again; of the last dimension they are 0 or 1.
struct Broadcast {
  static constexpr int most_inputs = 4;
  int rank = 0;                                        // 0: one element
  bool same = true;                                    // all inputs have y's shape
  int64_t extents[Shape::max_rank] = {};               // none is 1
  int64_t strides[most_inputs][Shape::max_rank] = {};  // of each input
};

// The shape in which they join; throws Error(usage) with the op's name if there is none.
Shape joined_shape(const char* op, std::initializer_list<Shape> inputs);

Broadcast broadcast(const Shape& y, std::initializer_list<Shape> inputs);

// The sum of x over what an input of this shape was read again for, in the input's shape and x's dtype: the gradient of
// an input from that of the result. Sums are float64, those of bfloat16 float32 in between, and do not depend on
// threads.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace radial
