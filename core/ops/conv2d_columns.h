// The gradient of a convolution's input where that has few channels: pictures, in attacks on them, say.
#pragma once

#include "core/ops/conv2d.h"

namespace radial::cpu {

// Vectors along the channels of x would be nearly empty. So all taps of a pixel of dy are made at once,
//   columns[p, (r, s, i)] = sum over o of dy[p, o] w[o, r, s, i],
// and added to the pixels of dx that they belong to (col2im), in an order that does not depend on threads. Not for
// pictures so large that their columns would take much memory.
bool serves_columns(const Conv2dGeometry& g);
void backward_input_by_columns(float* dx, const float* dy, const float* w, const Conv2dGeometry& g, bool accumulate);

}  // namespace radial::cpu
