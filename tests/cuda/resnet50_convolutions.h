// The shapes of the convolutions in a ResNet50 for pictures of 224 x 224, each once.
#pragma once

#include <vector>

#include "core/ops/conv2d.h"

namespace radial {

inline std::vector<Conv2dGeometry> resnet50_convolutions(int64_t batch) {
  std::vector<Conv2dGeometry> all;
  const auto add = [&](int64_t size, int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    const Conv2dGeometry g({batch, size, size, in}, {out, kernel, kernel, in},
                           {.stride = stride, .padding = kernel / 2});
    for (const Conv2dGeometry& other : all)
      if (other == g) return;
    all.push_back(g);
  };
  add(224, 3, 64, 7, 2);
  int64_t size = 56, in = 64;
  for (const int64_t width : {64, 128, 256, 512}) {
    const int64_t stride = width == 64 ? 1 : 2;
    add(size, in, width, 1, 1);  // a stage's first block
    add(size, width, width, 3, stride);
    add(size, in, 4 * width, 1, stride);  // its shortcut
    size /= stride, in = 4 * width;
    add(size, width, in, 1, 1);
    add(size, in, width, 1, 1);  // its other blocks
    add(size, width, width, 3, 1);
  }
  return all;
}

}  // namespace radial
