// Calls of every op with shapes that nobody expects, for each device. No Catch2 here.
#pragma once

#include "core/tensor.h"

namespace radial {

struct NastyCount {
  int64_t results = 0, errors = 0;  // calls that gave a result, whose values and gradients were read; that threw Error
};

// Tensors are of `dtype`. Anything but Error is thrown on.
NastyCount call_all_with_nasty_shapes(Device device, DType dtype);

}  // namespace radial
