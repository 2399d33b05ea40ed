// Options and geometry of 2D pooling.
#pragma once

#include "core/tensor.h"

namespace radial {

struct Pool2dOptions {
  int64_t kernel = 2;
  int64_t stride = 2;
  int64_t padding = 0;  // at most kernel / 2; max: -infinity, avg: zeros that count (count_include_pad)
};

struct Pool2dGeometry {
  Pool2dGeometry(const char* op, const Shape& x, const Pool2dOptions& options);

  int64_t n, h, w, c, oh, ow;
  int64_t kernel, stride, padding;
  Shape y_shape() const { return {n, oh, ow, c}; }
};

}  // namespace radial
