// Options and geometry of 2D pooling.
#pragma once

#include <algorithm>

#include "core/host_device.h"
#include "core/pair.h"
#include "core/tensor.h"

namespace radial {

struct Pool2dOptions {
  Pair kernel = 2;
  Pair stride = 2;
  Pair padding = 0;               // at most kernel / 2; max: -infinity, avg: zeros
  bool ceil_mode = false;         // a window may reach beyond the padded picture if it begins before its end
  bool count_include_pad = true;  // avg: the zeros of the padding count, though not what lies beyond them
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
  bool count_include_pad;
  Shape y_shape() const { return {n, oh, ow, c}; }

  // One axis of the picture, and of the result.
  struct Axis {
    int64_t extent, result, kernel, stride, padding;

    // The part of the window of output position i that lies in the picture.
    RADIAL_HOST_DEVICE PoolRange window(int64_t i) const {
      const int64_t first = i * stride - padding;
      return {static_cast<int>(std::max<int64_t>(0, first)), static_cast<int>(std::min(extent, first + kernel))};
    }

    // The output positions whose windows hold input position i. 32 bits, which a GPU divides faster.
    RADIAL_HOST_DEVICE PoolRange users(int64_t i) const {
      const int last = static_cast<int>(i + padding), size = static_cast<int>(kernel), step = static_cast<int>(stride);
      return {last < size ? 0 : (last - size) / step + 1, std::min(static_cast<int>(result), last / step + 1)};
    }

    // How many positions of the window count in an average.
    RADIAL_HOST_DEVICE int64_t counted(int64_t i, bool with_padding) const {
      const int64_t first = i * stride - padding, end = first + kernel;
      return with_padding ? std::min(end, extent + padding) - first
                          : std::min(end, extent) - std::max<int64_t>(0, first);
    }
  };
  Axis rows, columns;

  // What an average over the window of output pixel (p, q) is divided by.
  RADIAL_HOST_DEVICE int64_t counted(int64_t p, int64_t q) const {
    return rows.counted(p, count_include_pad) * columns.counted(q, count_include_pad);
  }
};

// x [n, h, w, c] -> [n, oh, ow, c], oh = (h + 2 padding.h - kernel.h) / stride.h + 1, rounded up in ceil_mode
Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options);
Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options);
Tensor global_avg_pool(const Tensor& x);  // -> [n, c]

}  // namespace radial
