// Softmax and its logarithm.
#pragma once

#include "core/tensor.h"

namespace radial {

// exp(x) / sum exp(x) along dim, and x - log sum exp(x); the largest is taken off first, so nothing overflows. Results
// are of x's dtype; bfloat16 is computed in float32. NaN all along where an element is NaN or +inf, or all are -inf, as
// PyTorch's.
Tensor softmax(const Tensor& x, int dim = -1);
Tensor log_softmax(const Tensor& x, int dim = -1);

}  // namespace radial
