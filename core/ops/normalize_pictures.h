// How pictures become the network's input.
#pragma once

#include <array>

namespace radial {

// Of ImageNet's training pictures, for values from 0 to 1.
inline constexpr std::array<double, 3> imagenet_mean = {0.485, 0.456, 0.406}, imagenet_std = {0.229, 0.224, 0.225};

// Of red, green and blue, for values from 0 to 1: a picture becomes (x / 255 - mean) inv_std.
struct PictureStatistics {
  double mean[3] = {imagenet_mean[0], imagenet_mean[1], imagenet_mean[2]};
  double inv_std[3] = {1 / imagenet_std[0], 1 / imagenet_std[1], 1 / imagenet_std[2]};
};

}  // namespace radial
