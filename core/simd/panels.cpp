#include "core/simd/panels.h"

namespace radial::simd {
namespace {

int64_t padded_columns(const Tiles& tiles, int64_t columns) {
  const int64_t rest = columns % tiles.columns;
  return columns - rest + (rest == 0 ? 0 : tiles.panel_width(rest));
}

}  // namespace

Panels::Panels(int64_t groups, int64_t k, int64_t columns)
    : tiles_(tiles()),
      k_(k),
      columns_(columns),
      groups_(groups),
      count_(divide_up(columns, tiles_.columns)),
      // Groups do not lie a power of two apart: who writes one row of each would use few sets of the first-level cache.
      group_size_(k * padded_columns(tiles_, columns) + 16),
      storage_(static_cast<size_t>(groups * group_size_) * sizeof(float), Device{}) {}

void Panels::pack_columns(const float* source, int64_t step) {
  if (step == 0) step = k_;
  for_each_part([&](int64_t g, int64_t p, int64_t begin, int64_t end) {
    const int used = columns_of(p), width = width_of(p);
    const float* column = source + (g * columns_ + p * tiles_.columns) * step;
    float* out = data() + offset(g, p) + begin * width;
    tiles_.transpose(column + begin, step, used, end - begin, out, width);
    for (int64_t k = 0; used < width && k < end - begin; ++k)
      std::fill(out + k * width + used, out + (k + 1) * width, 0.0F);
  });
}

}  // namespace radial::simd
