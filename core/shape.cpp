#include "core/shape.h"

#include <algorithm>
#include <ostream>

#include "core/error.h"

namespace radial {

Shape::Shape(std::initializer_list<int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const int64_t> extents) : rank_(static_cast<int>(extents.size())) {
  check(extents.size() <= max_rank, "shape: got ", extents.size(), " dimensions but at most ", max_rank,
        " are possible");
  std::copy(extents.begin(), extents.end(), extents_.begin());
  for (const int64_t extent : *this) check(extent >= 0, "shape: negative extent in ", str());
}

int64_t Shape::numel() const {
  int64_t product = 1;
  for (const int64_t extent : *this) product *= extent;
  return product;
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ && std::equal(begin(), end(), other.begin());
}

std::string Shape::str() const {
  std::string text = "[";
  for (const int64_t extent : *this) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

}  // namespace radial
