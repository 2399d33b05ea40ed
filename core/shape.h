// The extents of a tensor, in place, at most five.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>

namespace radial {

// Activations are [n, h, w, c] (NHWC) or [n, c]; convolution weights [out, kh, kw, in]; linear weights [out, in].
class Shape {
 public:
  static constexpr int max_rank = 5;

  Shape() = default;  // a scalar
  Shape(std::initializer_list<int64_t> extents);
  explicit Shape(std::span<const int64_t> extents);

  int rank() const { return rank_; }
  // i in [-rank, rank): negative ones count from the end, -1 is the last. Throws Error(usage) for others.
  int64_t operator[](int i) const { return extents_[place(i)]; }
  void set(int i, int64_t extent);  // not negative
  const int64_t* begin() const { return extents_.data(); }
  const int64_t* end() const { return extents_.data() + rank_; }

  // Product of all extents, 1 for a scalar. Throws Error(out_of_memory) where 64 bits do not hold it.
  int64_t numel() const;
  int64_t channels() const { return rank_ == 0 ? 1 : extents_[static_cast<size_t>(rank_ - 1)]; }  // the last extent
  int64_t rows() const { return channels() == 0 ? 0 : numel() / channels(); }  // numel as a matrix [rows, channels]

  int64_t slices() const { return rank_ == 0 ? 1 : extents_[0]; }  // along dimension 0: rows of a weight, pictures
  int64_t slice_numel() const;                                     // elements of each, also where there is none

  bool operator==(const Shape& other) const;
  std::string str() const;                   // "[8, 56, 56, 64]"
  std::string extents(int first = 0) const;  // from dimension `first` on: "8x56x56x64"

 private:
  size_t place(int i) const {
    const int from_front = i < 0 ? i + rank_ : i;
    if (from_front < 0 || from_front >= rank_) [[unlikely]]
      refuse(i);
    return static_cast<size_t>(from_front);
  }
  [[noreturn]] void refuse(int i) const;

  std::array<int64_t, max_rank> extents_{};
  int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace radial
