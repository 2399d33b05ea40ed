// What depends on the order of values. All of this is computed on the host: tensors of a GPU are copied there, which
// waits for it, and results go back to their device.
#pragma once

#include "core/ops/reduce.h"
#include "core/tensor.h"

namespace radial {

struct SortOptions {
  bool descending = false;
};
// Values along dim in order and the indices (i32) that they had. Stable: of equal values the first stays first. A NaN
// is larger than all else. The values have a gradient.
Extreme sort(const Tensor& x, int dim = -1, const SortOptions& options = {});
Tensor argsort(const Tensor& x, int dim = -1, const SortOptions& options = {});  // the indices alone

// The k largest, or smallest, values along dim, the first of them first, and their indices, as sort() would put them.
Extreme topk(const Tensor& x, int64_t k, int dim = -1, bool largest = true);

// Places of the elements that are not 0, in order: i32 [how many, rank].
Tensor nonzero(const Tensor& x);

// Greedy non-maximum suppression as torchvision's: boxes [n, 4] of x1, y1, x2, y2, scores [n] -> indices (i32) of the
// boxes that stay, best first. A box goes if a better one that stays overlaps it: intersection over union above the
// threshold. Of equal scores the first is better.
Tensor nms(const Tensor& boxes, const Tensor& scores, double iou_threshold);

}  // namespace radial
