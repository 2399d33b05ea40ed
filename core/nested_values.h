// Values in nested braces: {{1, 2}, {3, 4}} is [2, 2].
#pragma once

#include <initializer_list>
#include <type_traits>
#include <vector>

#include "core/shape.h"

namespace radial {

class NestedValues {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> NestedValues(T value)
      : values_{static_cast<double>(value)} {}  // implicit: a number, []
  // Throws Error(usage) if the parts differ in shape or are nested deeper than a shape can be.
  NestedValues(std::initializer_list<NestedValues> parts);

  const Shape& shape() const { return shape_; }
  const std::vector<double>& values() const { return values_; }  // row-major

 private:
  Shape shape_;
  std::vector<double> values_;
};

}  // namespace radial
