// Random erasing (Zhong et al., AAAI 2020): a rectangle of a picture is painted over. torchvision's RandomErasing.
#pragma once

#include <array>
#include <cstdint>

#include "core/random.h"
#include "data/image.h"
#include "data/resize.h"

namespace radial {

// Area 0.02 to 0.33 of the picture's, height / width 0.3 to 3.3, anywhere in it; empty if ten draws do not fit.
Box draw_erased_box(int width, int height, Random& random);

void erase(Image& image, const Box& box, const std::array<uint8_t, 3>& color);

}  // namespace radial
