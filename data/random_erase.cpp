#include "data/random_erase.h"

#include <cmath>

namespace radial {

Box draw_erased_box(int width, int height, Random& random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double erased = area * random.uniform(0.02, 0.33);
    const double aspect = std::exp(random.uniform(std::log(0.3), std::log(3.3)));
    const auto h = static_cast<int>(std::nearbyint(std::sqrt(erased * aspect))),
               w = static_cast<int>(std::nearbyint(std::sqrt(erased / aspect)));
    if (h >= height || w >= width) continue;
    const auto y = static_cast<int>(random.below(height - h + 1)), x = static_cast<int>(random.below(width - w + 1));
    return {x, y, w, h};
  }
  return {};
}

void erase(Image& image, const Box& box, const std::array<uint8_t, 3>& color) {
  for (int y = box.y; y < box.y + box.height; ++y) {
    uint8_t* row = image.row(y) + 3 * box.x;
    for (int i = 0; i < 3 * box.width; ++i) row[i] = color[static_cast<size_t>(i % 3)];
  }
}

}  // namespace radial
