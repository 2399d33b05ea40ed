// What the kernels of reductions along dimensions are given.
#pragma once

#include <vector>

#include "core/ops/lanes.h"
#include "core/tensor.h"

namespace radial {

struct Reduction {
  enum class Kind { sum, max, min, logsumexp, variance };
  Kind kind;
  Lanes lanes;
  double factor = 1;  // of the sum, or of the sum of squares about the mean
};

// The sum over dims (ascending), which are left out, without the tape; of accumulator_of(x's dtype). For the gradients
// of what was repeated along them.
Tensor summed_over(const Tensor& x, const std::vector<int>& dims);

}  // namespace radial
