// Options, geometry and checks of a 2D convolution.
#pragma once

#include "core/pair.h"
#include "core/tensor.h"

namespace radial {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;    // zeros on each side
  Pair dilation = 1;   // distance of the taps
  int64_t groups = 1;  // input channel i meets only the filters of its group; groups = channels is depthwise
};

// Everything a kernel needs to know; the constructor makes all checks.
struct Conv2dGeometry {
  Conv2dGeometry(const Shape& input, const Shape& weight, const Conv2dOptions& options);

  int64_t n, h, w, c;     // input [n, h, w, c]
  int64_t o, kh, kw, cg;  // weight [o, kh, kw, cg], cg = c / groups
  int64_t oh, ow;         // output [n, oh, ow, o]
  Pair stride, padding, dilation;
  int64_t groups;
  bool operator==(const Conv2dGeometry&) const = default;

  int64_t og() const { return o / groups; }     // filters of a group
  int64_t rows() const { return n * oh * ow; }  // output pixels
  Shape x_shape() const { return {n, h, w, c}; }
  Shape w_shape() const { return {o, kh, kw, cg}; }
  Shape y_shape() const { return {n, oh, ow, o}; }
  int64_t multiply_adds() const { return rows() * o * kh * kw * cg; }
};

}  // namespace radial
