#include "core/nested_values.h"

#include "core/error.h"

namespace radial {

NestedValues::NestedValues(std::initializer_list<NestedValues> parts) {
  std::vector<int64_t> extents{static_cast<int64_t>(parts.size())};
  if (parts.size() > 0) {
    const Shape& first = parts.begin()->shape_;
    extents.insert(extents.end(), first.begin(), first.end());
    for (const NestedValues& part : parts) {
      check(part.shape_ == first, "tensor: nested values of ", first, " and ", part.shape_, " stand side by side");
      values_.insert(values_.end(), part.values_.begin(), part.values_.end());
    }
  }
  shape_ = Shape(extents);
}

}  // namespace radial
