#include "tasks/detect/centernet_targets.h"

#include <algorithm>
#include <cmath>

namespace radial {

double gaussian_radius(double height, double width, double overlap) {
  const double sides = height + width, area = height * width;
  const double c1 = area * (1 - overlap) / (1 + overlap), c2 = (1 - overlap) * area, c3 = (overlap - 1) * area;
  const double r1 = (sides + std::sqrt(sides * sides - 4 * c1)) / 2;
  const double r2 = (2 * sides + std::sqrt(4 * sides * sides - 16 * c2)) / 2;
  const double b3 = -2 * overlap * sides, r3 = (b3 + std::sqrt(b3 * b3 - 16 * overlap * c3)) / 2;
  return std::min({r1, r2, r3});
}

template <class T>
void draw_gaussian(T* map, int rows, int columns, int channels, int channel, int x, int y, int radius) {
  const double sigma = (2 * radius + 1) / 6.0, least = 2.220446049250313e-16;
  for (int dy = std::max(-radius, -y); dy <= std::min(radius, rows - 1 - y); ++dy)
    for (int dx = std::max(-radius, -x); dx <= std::min(radius, columns - 1 - x); ++dx) {
      const double value = std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      T& cell = map[(static_cast<int64_t>(y + dy) * columns + x + dx) * channels + channel];
      if (value >= least) cell = std::max(cell, static_cast<T>(value));
    }
}

template <class T>
void write_targets(std::span<const CellBox> objects, const CenterTargets<T>& targets) {
  const int64_t cells = static_cast<int64_t>(targets.rows) * targets.columns, most = targets.most;
  std::fill_n(targets.heat, cells * targets.classes, T(0));
  std::fill_n(targets.size, 2 * most, T(0));
  std::fill_n(targets.offset, 2 * most, T(0));
  std::fill_n(targets.cell, 2 * most, 0);
  std::fill_n(targets.used, most, T(0));
  int64_t i = 0;
  for (const CellBox& object : objects.first(std::min(objects.size(), static_cast<size_t>(most)))) {
    const auto [x1, y1, x2, y2] = object.corners;
    const double width = x2 - x1, height = y2 - y1;
    if (width > 0 && height > 0) {
      const int radius = std::max(0, static_cast<int>(gaussian_radius(std::ceil(height), std::ceil(width))));
      const auto x = static_cast<float>((x1 + x2) / 2), y = static_cast<float>((y1 + y2) / 2);
      const int column = static_cast<int>(x), row = static_cast<int>(y);
      draw_gaussian(targets.heat, targets.rows, targets.columns, targets.classes, object.label, column, row, radius);
      targets.size[2 * i] = static_cast<T>(width);
      targets.size[2 * i + 1] = static_cast<T>(height);
      targets.offset[2 * i] = static_cast<T>(x - static_cast<float>(column));
      targets.offset[2 * i + 1] = static_cast<T>(y - static_cast<float>(row));
      targets.cell[2 * i] = targets.cell[2 * i + 1] = row * targets.columns + column;
      targets.used[i] = T(1);
    }
    ++i;
  }
}

template void draw_gaussian(float*, int, int, int, int, int, int, int);
template void draw_gaussian(double*, int, int, int, int, int, int, int);
template void write_targets(std::span<const CellBox>, const CenterTargets<float>&);
template void write_targets(std::span<const CellBox>, const CenterTargets<double>&);

}  // namespace radial
