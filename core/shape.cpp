#include "core/shape.h"

#include <algorithm>
#include <ostream>
#include <span>

#include "core/error.h"

namespace radial {

namespace {

std::string joined(std::span<const int64_t> extents, const char* between) {
  std::string text;
  for (const int64_t extent : extents) {
    if (!text.empty()) text += between;
    text += std::to_string(extent);
  }
  return text;
}

}  // namespace

Shape::Shape(std::initializer_list<int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const int64_t> extents) : rank_(static_cast<int>(extents.size())) {
  check(extents.size() <= max_rank, "shape: got ", extents.size(), " dimensions but at most ", max_rank,
        " are possible");
  std::copy(extents.begin(), extents.end(), extents_.begin());
  for (const int64_t extent : *this) check(extent >= 0, "shape: negative extent in ", *this);
}

int64_t Shape::numel() const {
  int64_t product = 1;
  bool fits = true;
  for (const int64_t extent : *this) {
    if (extent == 0) return 0;
    fits = !__builtin_mul_overflow(product, extent, &product) && fits;
  }
  check(fits, ErrorKind::out_of_memory, "shape: ", *this, " has more than 2^63 - 1 elements");  // no text if it fits
  return product;
}

int64_t Shape::slice_numel() const { return Shape(std::span(begin() + (rank_ > 0 ? 1 : 0), end())).numel(); }

void Shape::set(int i, int64_t extent) {
  extents_[place(i)] = extent;
  check(extent >= 0, "shape: negative extent in ", *this);
}

void Shape::refuse(int i) const {
  fail(ErrorKind::usage, "shape: ", str(), " has ", rank_, " dimensions but number ", i, " was asked for");
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ && std::equal(begin(), end(), other.begin());
}

std::string Shape::str() const { return std::string("[").append(joined({begin(), end()}, ", ")).append("]"); }

std::string Shape::extents(int first) const { return joined({begin() + first, end()}, "x"); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

}  // namespace radial
