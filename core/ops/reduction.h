// What the kernels of reductions along dimensions are given.
#pragma once

#include "core/ops/lanes.h"

namespace radial {

struct Reduction {
  enum class Kind { sum, max, min, logsumexp, variance };
  Kind kind;
  Lanes lanes;
  double factor = 1;  // of the sum, or of the sum of squares about the mean
};

}  // namespace radial
