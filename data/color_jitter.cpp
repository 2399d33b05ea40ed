#include "data/color_jitter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "data/enhance.h"

namespace radial {

void jitter_colors(Image& image, const ColorJitter& jitter, Random& random) {
  std::array<int, 4> order = {0, 1, 2, 3};
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
  const auto factor = [&](double most) { return random.uniform(std::max(0.0, 1 - most), 1 + most); };
  const double brightness = factor(jitter.brightness), contrast = factor(jitter.contrast),
               saturation = factor(jitter.saturation), hue = random.uniform(-jitter.hue, jitter.hue);
  for (const int which : order) {
    if (which == 0 && jitter.brightness > 0) adjust_brightness(image, brightness);
    if (which == 1 && jitter.contrast > 0) adjust_contrast(image, contrast);
    if (which == 2 && jitter.saturation > 0) adjust_saturation(image, saturation);
    if (which == 3 && jitter.hue > 0) adjust_hue(image, hue);
  }
}

}  // namespace radial
