// Dimensions as ops along them are given them, and a tensor as those ops see it: [outer, count, inner].
#pragma once

#include <initializer_list>
#include <vector>

#include "core/shape.h"

namespace radial {

// Which dimensions: sum(x, 1), sum(x, {0, -1}); negative ones count from the end. None stands for all of them.
class Dims {
 public:
  Dims() = default;
  Dims(int dim) : dims_{dim} {}
  Dims(std::initializer_list<int> dims) : dims_(dims) {}
  Dims(std::vector<int> dims) : dims_(std::move(dims)) {}

  // Ascending and not negative. Throws Error(usage) where there is no such dimension, or it was named twice.
  std::vector<int> of(const char* op, const Shape& shape) const;

 private:
  std::vector<int> dims_;
};

// dim, not negative; throws Error(usage) where there is none, a scalar has the dimensions 0 and -1.
int dim_of(const char* op, const Shape& shape, int dim);

// A lane is what lies along the dimension: `count` elements that are `inner` apart; element r of lane (o, i) is
// x[(o count + r) inner + i].
struct Lanes {
  int64_t outer = 1, count = 1, inner = 1;

  int64_t number() const { return outer * inner; }
  int64_t numel() const { return outer * count * inner; }
};

// Along the dimensions [first, last), as if they were one.
Lanes lanes_along(const Shape& shape, int first, int last);
inline Lanes lanes_along(const Shape& shape, int dim) {
  return shape.rank() == 0 ? Lanes{} : lanes_along(shape, dim, dim + 1);
}

}  // namespace radial
