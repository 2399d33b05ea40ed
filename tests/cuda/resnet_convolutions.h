// The shapes of the convolutions in ResNets for pictures of 224 x 224, each once.
#pragma once

#include <algorithm>
#include <vector>

#include "core/ops/conv2d.h"

namespace radial {

// ResNet50's with bottlenecks (1x1, 3x3, 1x1), else those of ResNet18 and ResNet34 (3x3, 3x3).
inline std::vector<Conv2dGeometry> resnet_convolutions(bool bottleneck, int64_t batch) {
  std::vector<Conv2dGeometry> all;
  const auto add = [&](int64_t size, int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    const Conv2dGeometry g({batch, size, size, in}, {out, kernel, kernel, in},
                           {.stride = stride, .padding = kernel / 2});
    if (std::find(all.begin(), all.end(), g) == all.end()) all.push_back(g);
  };
  add(224, 3, 64, 7, 2);
  int64_t size = 56, in = 64;
  for (const int64_t width : {64, 128, 256, 512}) {
    const int64_t stride = width == 64 ? 1 : 2, out = bottleneck ? 4 * width : width;
    if (in != out) add(size, in, out, 1, stride);      // the shortcut of a stage's first block
    for (const int64_t step : {stride, int64_t{1}}) {  // its first block, and the others
      if (bottleneck) add(size, in, width, 1, 1);
      add(size, bottleneck ? width : in, width, 3, step);
      size /= step, in = out;
      if (bottleneck)
        add(size, width, out, 1, 1);
      else
        add(size, width, width, 3, 1);
    }
  }
  return all;
}

}  // namespace radial
