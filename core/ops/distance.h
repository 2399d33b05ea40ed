// Distances of all pairs of rows.
#pragma once

#include "core/tensor.h"

namespace radial {

// y[i, j] = sum over k of (a[i, k] - b[j, k])^2: a [m, d], b [n, d] -> [m, n], or with a batch before: a [b, m, d], b
// [b, n, d] -> [b, m, n]. Differences are taken first, so near rows lose no digits; float32 for bfloat16.
Tensor squared_distances(const Tensor& a, const Tensor& b);
// Its square root, PyTorch's cdist; gradient 0 where the distance is 0.
Tensor distances(const Tensor& a, const Tensor& b);

}  // namespace radial
