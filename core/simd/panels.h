// The right-hand side of a product, packed for the kernels: panels of as many columns as a tile has, row after row.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"
#include "core/simd/tile.h"
#include "core/storage.h"

namespace radial::simd {

// `groups` matrices [k, columns]. A panel is [k, width] with width two vectors, or one for the last if that is
// enough; missing columns are zero.
class Panels {
 public:
  Panels(int64_t groups, int64_t k, int64_t columns);

  // b(k, j) of group g = source[(g * columns + j) * step + k]: each column is contiguous; step 0 stands for k().
  void pack_columns(const float* source, int64_t step = 0);
  // Row k of group g starts at row(g, k).
  template <class Row>
  void pack_rows(const Row& row);

  int64_t groups() const { return groups_; }
  int64_t k() const { return k_; }
  int64_t columns() const { return columns_; }
  int64_t count() const { return count_; }  // panels of a group
  int columns_of(int64_t panel) const {
    return static_cast<int>(std::min<int64_t>(columns_ - panel * tiles_.columns, tiles_.columns));
  }
  int width_of(int64_t panel) const { return tiles_.panel_width(columns_of(panel)); }
  const float* panel(int64_t group, int64_t panel) const { return data() + offset(group, panel); }
  float* panel(int64_t group, int64_t panel) { return data() + offset(group, panel); }

 private:
  // Calls f(group, panel, begin, end) in parallel for ranges of the rows of all panels.
  template <class F>
  void for_each_part(const F& f);
  int64_t offset(int64_t group, int64_t panel) const { return group * group_size_ + panel * tiles_.columns * k_; }
  float* data() { return static_cast<float*>(storage_.data()); }
  const float* data() const { return static_cast<const float*>(storage_.data()); }

  const Tiles& tiles_;
  int64_t k_, columns_, groups_, count_, group_size_;
  Storage storage_;
};

template <class F>
void Panels::for_each_part(const F& f) {
  constexpr int64_t rows = 512;
  const int64_t cuts = divide_up(k_, rows);
  parallel_for(groups_ * count_ * cuts, [&](int64_t task) {
    const int64_t cut = task % cuts, panel = task / cuts % count_, group = task / cuts / count_;
    f(group, panel, cut * rows, std::min(k_, (cut + 1) * rows));
  });
}

template <class Row>
void Panels::pack_rows(const Row& row) {
  for_each_part([&](int64_t g, int64_t p, int64_t begin, int64_t end) {
    const int used = columns_of(p), width = width_of(p);
    float* out = data() + offset(g, p) + begin * width;
    for (int64_t k = begin; k < end; ++k, out += width) {
      const float* source = row(g, k) + p * tiles_.columns;
      std::copy(source, source + used, out);
      std::fill(out + used, out + width, 0.0F);
    }
  });
}

}  // namespace radial::simd
