// Options and geometry of 2D pooling.
#pragma once

#include <algorithm>

#include "core/host_device.h"
#include "core/tensor.h"

namespace radial {

struct Pool2dOptions {
  int64_t kernel = 2;
  int64_t stride = 2;
  int64_t padding = 0;  // at most kernel / 2; max: -infinity, avg: zeros that count (count_include_pad)
};

// Throws Error(usage), with `op` in front, for options that no picture would fit.
void check_options(const char* op, const Pool2dOptions& options);

// Positions [begin, end) along a side of a picture.
struct PoolRange {
  int begin, end;
};

struct Pool2dGeometry {
  Pool2dGeometry(const char* op, const Shape& x, const Pool2dOptions& options);

  int64_t n, h, w, c, oh, ow;
  int64_t kernel, stride, padding;
  Shape y_shape() const { return {n, oh, ow, c}; }

  // The part of the window of output position i that lies in the picture, whose side is `extent`.
  RADIAL_HOST_DEVICE PoolRange window(int64_t i, int64_t extent) const {
    const int64_t first = i * stride - padding;
    return {static_cast<int>(std::max<int64_t>(0, first)), static_cast<int>(std::min(extent, first + kernel))};
  }

  // The output positions, in [0, extent), whose windows hold input position i. 32 bits, which a GPU divides faster.
  RADIAL_HOST_DEVICE PoolRange users(int64_t i, int64_t extent) const {
    const int last = static_cast<int>(i + padding), size = static_cast<int>(kernel), step = static_cast<int>(stride);
    return {last < size ? 0 : (last - size) / step + 1, std::min(static_cast<int>(extent), last / step + 1)};
  }
};

}  // namespace radial
