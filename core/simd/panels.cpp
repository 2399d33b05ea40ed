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
      count_((columns + tiles_.columns - 1) / tiles_.columns),
      group_size_(k * padded_columns(tiles_, columns)),
      storage_(static_cast<size_t>(groups * group_size_) * sizeof(float), Device{}) {}

void Panels::pack_columns(const float* source) {
  constexpr int64_t block = 16;  // rows at a time: a line of cache of each column
  for_each_part([&](int64_t g, int64_t p, int64_t begin, int64_t end) {
    const int used = columns_of(p), width = width_of(p);
    const float* column = source + (g * columns_ + p * tiles_.columns) * k_;
    float* out = data() + offset(g, p);
    for (int64_t k0 = begin; k0 < end; k0 += block) {
      const int64_t k1 = std::min(k0 + block, end);
      for (int j = 0; j < used; ++j)
        for (int64_t k = k0; k < k1; ++k) out[k * width + j] = column[j * k_ + k];
      if (used < width)
        for (int64_t k = k0; k < k1; ++k) std::fill(out + k * width + used, out + (k + 1) * width, 0.0F);
    }
  });
}

}  // namespace radial::simd
