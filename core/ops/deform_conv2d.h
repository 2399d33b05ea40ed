// Convolutions whose taps look where they like: modulated deformable convolution (Zhu et al., "Deformable ConvNets v2",
// CVPR 2019).
#pragma once

#include "core/host_device.h"
#include "core/kernel.h"
#include "core/pair.h"
#include "core/tensor.h"

namespace radial {

struct DeformConv2dOptions {
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
};
// y[n,p,q,o] = sum over taps k = r kw + s and channels i of w[o,r,s,i] mask[n,p,q,g K + k] S(i, v, u) with
//   v = p stride.h - padding.h + r dilation.h + offset[n,p,q, 2 (g K + k)],
//   u = q stride.w - padding.w + s dilation.w + offset[n,p,q, 2 (g K + k) + 1],
// K = kh kw taps and g the group of channel i. S is x[n,:,:,i] between its four neighbours, zeros around the picture,
// and 0 unless -1 < v < h and -1 < u < w; so is its slope there. x [n, h, w, c], offset [n, oh, ow, 2 groups K], mask
// [n, oh, ow, groups K], w [o, kh, kw, c] -> y [n, oh, ow, o]; torchvision's deform_conv2d, channels last. A place that
// is NaN gives NaN. w may be float32 where the others are bfloat16.
Tensor deform_conv2d(const Tensor& x, const Tensor& offset, const Tensor& mask, const Tensor& w,
                     const DeformConv2dOptions& options = {});

// Everything a kernel needs to know; the constructor makes all checks.
struct DeformConv2dGeometry {
  DeformConv2dGeometry(const Shape& x, const Shape& offset, const Shape& mask, const Shape& w,
                       const DeformConv2dOptions& options);

  int64_t n, h, w, c, oh, ow, o, kh, kw, groups;
  Pair stride, padding, dilation;

  RADIAL_HOST_DEVICE int64_t taps() const { return kh * kw; }
  RADIAL_HOST_DEVICE int64_t group_channels() const { return c / groups; }
  int64_t rows() const { return n * oh * ow; }
  Shape columns_shape() const { return {rows(), kh * kw * c}; }

  // Where a tap looks, and the weights of the four pixels around: (top, left), (top, left + 1), (top + 1, left), ...
  template <class T>
  struct Place {
    bool inside, is_nan;
    int64_t top, left;
    T below, right;  // how far below `top` and right of `left`, 0 to 1
  };
  // Of tap k in group `group` for row `row` of the columns; dy and dx are its offset.
  template <class T>
  RADIAL_HOST_DEVICE Place<T> place(int64_t row, int64_t k, T dy, T dx) const {
    const int64_t p = row / ow % oh, q = row % ow;
    const T v = static_cast<T>(p * stride.h - padding.h + k / kw * dilation.h) + dy;
    const T u = static_cast<T>(q * stride.w - padding.w + k % kw * dilation.w) + dx;
    Place<T> found{false, v != v || u != u, 0, 0, T(0), T(0)};
    found.inside = v > T(-1) && u > T(-1) && v < static_cast<T>(h) && u < static_cast<T>(w);
    if (!found.inside) return found;
    found.top = static_cast<int64_t>(v + T(1)) - 1;  // v + 1 > 0: cut off is rounded down
    found.left = static_cast<int64_t>(u + T(1)) - 1;
    if (static_cast<T>(found.top) > v) --found.top;  // where the sum was rounded up
    if (static_cast<T>(found.left) > u) --found.left;
    found.below = v - static_cast<T>(found.top);
    found.right = u - static_cast<T>(found.left);
    return found;
  }
  RADIAL_HOST_DEVICE bool has_pixel(int64_t y, int64_t x) const { return y >= 0 && x >= 0 && y < h && x < w; }
};

// columns [n oh ow, K c] = mask S, the channels of tap 0 first: with them the convolution is a product of matrices.
KERNEL(deform_columns_forward, Tensor& columns, const Tensor& x, const Tensor& offset, const Tensor& mask,
       const DeformConv2dGeometry& g)
// Gradients of offset and mask, all of them, from those of the columns.
KERNEL(deform_columns_backward_places, Tensor& doffset, Tensor& dmask, const Tensor& dcolumns, const Tensor& x,
       const Tensor& offset, const Tensor& mask, const DeformConv2dGeometry& g)
// dx, of accumulator_of(x's) and 0 before, += what the columns give: in the order of rows and taps.
KERNEL(deform_columns_backward_input, Tensor& dx, const Tensor& dcolumns, const Tensor& offset, const Tensor& mask,
       const DeformConv2dGeometry& g)

}  // namespace radial
