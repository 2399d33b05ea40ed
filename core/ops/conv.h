// Convolutions of pictures and sequences, and the ones that turn them round.
#pragma once

#include "core/ops/conv2d.h"

namespace radial {

// y[n,p,q,o] = sum over r,s,i of x[n, p*stride.h + r*dilation.h - padding.h, q*stride.w + s*dilation.w - padding.w,
// g*cg + i] w[o,r,s,i] with g the group of o. x [n, h, w, c], w [o, kh, kw, c / groups] -> y [n, oh, ow, o], oh = (h +
// 2 padding.h - dilation.h (kh - 1) - 1) / stride.h + 1. w may be float32 where x is bfloat16, here and below.
Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2dOptions& options = {});

// The same along one axis: x [n, t, c], w [o, k, c / groups] -> y [n, ot, o].
struct Conv1dOptions {
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};
Tensor conv1d(const Tensor& x, const Tensor& w, const Conv1dOptions& options = {});

struct ConvTranspose2dOptions {
  Pair stride = 1;
  Pair padding = 0;         // taken off the result on each side
  Pair output_padding = 0;  // added to its end; less than the stride
  Pair dilation = 1;
  int64_t groups = 1;
};
// The gradient of conv2d as an operation of its own: y is what conv2d with these options would make x of. x [n, h, w,
// in], w [in, kh, kw, out / groups]: as conv2d's that leads from y's channels to x's (PyTorch's [in, out / groups, kh,
// kw] with the channels last). y [n, oh, ow, out], oh = (h - 1) stride.h - 2 padding.h + dilation.h (kh - 1) +
// output_padding.h + 1.
Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const ConvTranspose2dOptions& options = {});

}  // namespace radial
