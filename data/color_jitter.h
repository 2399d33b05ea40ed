// Brightness, contrast, saturation and hue of a picture, changed at random: torchvision's ColorJitter.
#pragma once

#include "core/random.h"
#include "data/image.h"

namespace radial {

// Factors are uniform in [max(0, 1 - x), 1 + x], the turn of the hue in [-x, x], a part of the circle; 0 is left out.
struct ColorJitter {
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;

  bool on() const { return brightness > 0 || contrast > 0 || saturation > 0 || hue > 0; }
};

// In random order.
void jitter_colors(Image& image, const ColorJitter& jitter, Random& random);

}  // namespace radial
