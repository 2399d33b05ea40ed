// CenterNet's losses and what its maps say.
#pragma once

#include <vector>

#include "models/centernet.h"
#include "tasks/detect/detector.h"

namespace radial {

struct CenterLossOptions {
  double heat = 1, size = 0.1, offset = 1;  // weights in the sum
};

struct CenterLoss {
  Tensor total, heat, size, offset;
};

// With p = sigmoid of the heat's logits, in [1e-4, 1 - 1e-4], and N the cells whose target g is 1:
//   heat         -(sum over g = 1 of (1 - p)² log p + sum over the others of (1 - g)^4 p² log(1 - p)) / max(N, 1)
//   size, offset sum over objects and both numbers of |found - target| / (2 objects + 1e-4)
// Targets as centernet_targets.h has them, [n, ...] each; the losses are float32 where the maps are bfloat16.
struct CenterTargetBatch {
  Tensor heat, size, offset, cell, used;
};
CenterLoss center_loss(const CenterNet::Maps& maps, const CenterTargetBatch& targets, const CenterLossOptions& options);

// The objects of one picture in cells, best first: the highest cells among their eight neighbours, of heat [rows,
// columns, classes] (probabilities), at most `most`; of equal ones the class, row and column that come first.
struct CenterFound {
  int32_t label = 0;
  double score = 0;
  std::array<double, 4> corners = {};  // x1, y1, x2, y2
};
std::vector<CenterFound> decode_centers(const Tensor& heat, const Tensor& size, const Tensor& offset, int most);

}  // namespace radial
