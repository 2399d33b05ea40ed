// How pictures become the network's input.
#pragma once

namespace radial {

// Of red, green and blue, for values from 0 to 1: a picture becomes (x / 255 - mean) inv_std.
struct PictureStatistics {
  double mean[3] = {0.485, 0.456, 0.406};  // of ImageNet
  double inv_std[3] = {1 / 0.229, 1 / 0.224, 1 / 0.225};
};

}  // namespace radial
