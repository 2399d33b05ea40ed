#include "core/ops/lanes.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace radial {

int dim_of(const char* op, const Shape& shape, int dim) {
  const int rank = std::max(shape.rank(), 1), from_front = dim < 0 ? dim + rank : dim;
  check(from_front >= 0 && from_front < rank, op, ": ", shape, " has no dimension ", dim);
  return from_front;
}

std::vector<int> Dims::of(const char* op, const Shape& shape) const {
  std::vector<int> dims(static_cast<size_t>(shape.rank()));
  std::iota(dims.begin(), dims.end(), 0);
  if (dims_.empty()) return dims;
  std::vector<int> chosen;
  for (const int dim : dims_) chosen.push_back(dim_of(op, shape, dim));
  std::sort(chosen.begin(), chosen.end());
  check(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end(), op, ": a dimension of ", shape,
        " was named twice");
  if (shape.rank() == 0) chosen.clear();
  return chosen;
}

Lanes lanes_along(const Shape& shape, int first, int last) {
  const auto product = [&](int begin, int end) {
    return Shape(std::span(shape.begin() + begin, shape.begin() + end)).numel();
  };
  return {product(0, first), product(first, last), product(last, shape.rank())};
}

}  // namespace radial
