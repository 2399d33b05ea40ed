// Sums, means, extremes: over all elements or along some dimensions.
#pragma once

#include "core/ops/lanes.h"
#include "core/tensor.h"

namespace radial {

// ---- over all elements -> a scalar; sums of bfloat16 are float32 ----
Tensor sum(const Tensor& x);
Tensor mean(const Tensor& x);  // NaN of nothing

// ---- along dimensions, of which no name means all ----
// These are left out of the result's shape, or stay as 1 with keepdim: x [2, 3, 4], {0, 2} -> [3] or [1, 3, 1].
// Where they do not lie side by side, x is copied first so that they do. Results of bfloat16 are float32, but for max
// and min, which are elements of x.
Tensor sum(const Tensor& x, const Dims& dims, bool keepdim = false);   // 0 of nothing
Tensor mean(const Tensor& x, const Dims& dims, bool keepdim = false);  // NaN of nothing
// log sum exp(x), the largest taken off first: no overflow. -inf of nothing, or of nothing but -inf.
Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim = false);

struct VarianceOptions {
  bool unbiased = true;  // divided by n - 1, else by n; NaN where that is 0
  bool keepdim = false;
};
Tensor var(const Tensor& x, const Dims& dims = {}, const VarianceOptions& options = {});

// A NaN is larger, and smaller, than all else. The gradient goes to one element: of equal ones to the first in memory
// order, also over several dimensions (PyTorch's amax shares it among them, its max(x, dim) does as here). All throw
// where there is nothing to choose from.
Tensor max(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
Tensor min(const Tensor& x, const Dims& dims = {}, bool keepdim = false);

// index: i32, the place of the value along the dimensions; where they are several, as if they were one, in row-major
// order. No gradient of its own.
struct Extreme {
  Tensor value, index;
};
Extreme max_with_index(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
Extreme min_with_index(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
Tensor argmax(const Tensor& x, const Dims& dims = {}, bool keepdim = false);  // the index alone
Tensor argmin(const Tensor& x, const Dims& dims = {}, bool keepdim = false);

// ---- rows of dimension 0 ----
Tensor row_dots(const Tensor& a, const Tensor& b);  // [rows]: sum over the rest of a * b

}  // namespace radial
