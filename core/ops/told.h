// What ops tell observers that is no struct of theirs (core/told_options.h). Beside these: conv2d tells its
// Conv2dGeometry, max_pool2d and avg_pool2d their Pool2dOptions, permute the order, std::vector<int>.
#pragma once

#include <vector>

#include "core/ops/batch_norm.h"
#include "core/ops/shape.h"

namespace radial {

struct BatchNormCall {
  BatchNormState state;
  BatchNormOptions options;
};

struct NarrowCall {
  int dim = 0;  // not negative
  int64_t begin = 0, length = 0;
};

struct PadCall {
  std::vector<Margin> margins;
  double value = 0;
};

}  // namespace radial
