// The first pass of norms over many tensors.
#pragma once

#include <span>

#include "core/tensor.h"

namespace radial {

// f64 [rows of all tensors]: of each row of dim 0 of each tensor, in turn, the sum of its squares. At least one tensor,
// all of one device, where the result is, too. No autograd, and nothing waits for the device.
Tensor row_squares(std::span<const Tensor> tensors);

}  // namespace radial
