// Elements and slices that indices name. Indices are int32, each in [0, extent): checked where they lie on the CPU. On
// a GPU an index out of range gives NaN (0 in a dtype that has none), and its gradient goes nowhere. Gradients are
// summed in the order of the indices, in float32 where the elements are bfloat16: the same bits each time.
#pragma once

#include <optional>

#include "core/ops/lanes.h"
#include "core/tensor.h"

namespace radial {

// y[o, k, i] = x[o, index[o, k, i], i] with k along dim: index has x's rank, and at most its extents but along dim; y
// is of index's shape.
Tensor gather(const Tensor& x, int dim, const Tensor& index);
// y[o, k, i] = x[o, index[k], i] with k along dim: index [n].
Tensor index_select(const Tensor& x, int dim, const Tensor& index);
// x, and for each element of source what it adds: y[o, index[o, k, i], i] += source[o, k, i]. index is of source's
// shape, which is x's but along dim.
Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
// Rows of weight [n, d]: index [...] -> [..., d]. The row padding_index gets no gradient.
Tensor embedding(const Tensor& weight, const Tensor& index, std::optional<int> padding_index = {});

// 1 where the class is the index, else 0: index [...] -> [..., classes]; all 0 on a GPU for an index out of range.
Tensor one_hot(const Tensor& index, int64_t classes, DType dtype = DType::f32);
// begin, begin + step, ...: as many as lie before end; of any dtype that has these values.
Tensor arange(double begin, double end, double step, DType dtype = DType::i32, Device device = {});
Tensor arange(int64_t end, DType dtype = DType::i32, Device device = {});  // 0 ... end - 1

// y[o, r, i] = sum of x[o, s, i] over s <= r, along dim.
Tensor cumsum(const Tensor& x, int dim);

}  // namespace radial
