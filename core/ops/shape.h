// What changes the shape of a tensor, cuts it and joins it. All have gradients, where the dtype carries one; all take
// any dtype. Tensors are contiguous, so a view is what lies as it did: those of the first part share x's storage, and
// so do narrow and select along dimension 0; the rest are copies.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/ops/lanes.h"
#include "core/tensor.h"

namespace radial {

// ---- views ----
Tensor reshape(const Tensor& x, const Shape& shape);  // x.view(shape)
// One extent may be -1: as many as are left over, {-1, 3} for a row of three each.
Tensor reshape(const Tensor& x, std::initializer_list<int64_t> extents);
Tensor flatten(const Tensor& x, int first = 0, int last = -1);  // dimensions [first, last] as one
Tensor unsqueeze(const Tensor& x, int dim);                     // a 1 before dimension dim; -1: after the last
Tensor squeeze(const Tensor& x, const Dims& dims = {});         // without those of dims that are 1

// ---- order ----
// Dimension i of the result is dimension order[i] of x; a copy.
Tensor permute(const Tensor& x, const std::vector<int>& order);
Tensor transpose(const Tensor& x, int a = -2, int b = -1);  // two dimensions exchanged
Tensor flip(const Tensor& x, const Dims& dims);             // backwards along dims

// ---- parts ----
// Elements [begin, begin + length) along dim.
Tensor narrow(const Tensor& x, int dim, int64_t begin, int64_t length);
// What has this index along dim, which is left out of the shape; -1 is the last.
Tensor select(const Tensor& x, int dim, int64_t index);
// Pieces along dim of these lengths, which add up to its extent; or all of `length`, the last perhaps shorter.
std::vector<Tensor> split(const Tensor& x, std::span<const int64_t> lengths, int dim = 0);
std::vector<Tensor> split(const Tensor& x, int64_t length, int dim = 0);
Tensor concat(std::span<const Tensor> parts, int dim = 0);  // at least one; they differ in dim alone
Tensor stack(std::span<const Tensor> parts, int dim = 0);   // along a new dimension
inline Tensor concat(std::initializer_list<Tensor> parts, int dim = 0) {
  return concat(std::span(parts.begin(), parts.size()), dim);
}
inline Tensor stack(std::initializer_list<Tensor> parts, int dim = 0) {
  return stack(std::span(parts.begin(), parts.size()), dim);
}

// ---- more ----
struct Margin {
  int64_t before = 0, after = 0;  // elements to add, not negative
};
// One margin a dimension, in order: x [n, h, w, c], {{}, {1, 1}, {1, 1}, {}} -> [n, h + 2, w + 2, c].
Tensor pad(const Tensor& x, const std::vector<Margin>& margins, double value = 0);
// The margins mirror x about its border elements, as "reflect" of PyTorch: each is smaller than the extent.
Tensor pad_reflect(const Tensor& x, const std::vector<Margin>& margins);
// Dimensions of 1 repeated up to the shape's extents, and new ones before them (PyTorch's expand and broadcast_to,
// but a copy). The gradient is summed, in float32 where x is bfloat16.
Tensor expand(const Tensor& x, const Shape& shape);
// x so many times along each dimension; as many counts as dimensions, or more: then x repeats along new ones, too.
Tensor repeat(const Tensor& x, const std::vector<int64_t>& counts);

}  // namespace radial
