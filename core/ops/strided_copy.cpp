#include "core/ops/strided_copy.h"

namespace radial {

std::array<int64_t, Shape::max_rank> strides_of(const Shape& shape) {
  std::array<int64_t, Shape::max_rank> strides{};
  int64_t stride = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    strides[static_cast<size_t>(d)] = stride;
    stride *= shape[d];
  }
  return strides;
}

StridedCopy simplified(const StridedCopy& copy) {
  StridedCopy result;
  result.to_first = copy.to_first;
  result.from_first = copy.from_first;
  std::array<int64_t, Shape::max_rank> extents{};
  size_t rank = 0;
  for (size_t d = 0; d < static_cast<size_t>(copy.rank()); ++d) {
    const int64_t extent = copy.extents[static_cast<int>(d)];
    if (extent == 1) continue;
    const bool as_one =
        rank > 0 && result.to[rank - 1] == copy.to[d] * extent && result.from[rank - 1] == copy.from[d] * extent;
    const size_t place = as_one ? rank - 1 : rank++;
    extents[place] = as_one ? extents[place] * extent : extent;
    result.to[place] = copy.to[d];
    result.from[place] = copy.from[d];
  }
  result.extents = Shape(std::span<const int64_t>(extents.data(), rank));
  return result;
}

bool widen(StridedCopy& copy) {
  const int last = copy.rank() - 1;
  if (last < 0) return false;
  const auto odd = [](int64_t n) { return n % 2 != 0; };
  const auto at = static_cast<size_t>(last);
  if (copy.to[at] != 1 || copy.from[at] != 1 || odd(copy.extents[last]) || odd(copy.to_first) || odd(copy.from_first))
    return false;
  for (size_t d = 0; d < at; ++d)
    if (odd(copy.to[d]) || odd(copy.from[d])) return false;
  copy.extents.set(last, copy.extents[last] / 2);
  for (size_t d = 0; d < at; ++d) copy.to[d] /= 2, copy.from[d] /= 2;
  copy.to_first /= 2;
  copy.from_first /= 2;
  return true;
}

}  // namespace radial
