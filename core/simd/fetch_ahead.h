// Rows from far memory that are needed soon, fetched in shares while something else is computed: all at once they would
// wait for one another, and the processor for them.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/parallel.h"

namespace radial::simd {

class FetchAhead {
 public:
  FetchAhead() = default;  // of nothing
  // `rows` of `length` floats each, by that many calls of fetch_share().
  FetchAhead(std::vector<const float*> rows, int64_t length, int64_t shares) : rows_(std::move(rows)), length_(length) {
    const int64_t lines = static_cast<int64_t>(rows_.size()) * divide_up(length, line);
    lines_of_share_ = divide_up(lines, shares);
  }

  // Into the second-level cache.
  void fetch_share() {
    for (int64_t i = 0; i < lines_of_share_ && next_row_ < rows_.size(); ++i) {
      __builtin_prefetch(rows_[next_row_] + next_float_, 0, 2);
      next_float_ += line;
      if (next_float_ >= length_) next_float_ = 0, ++next_row_;
    }
  }

 private:
  static constexpr int64_t line = 16;  // floats of a line of the cache
  std::vector<const float*> rows_;
  int64_t length_ = 0, lines_of_share_ = 0, next_float_ = 0;
  size_t next_row_ = 0;
};

}  // namespace radial::simd
