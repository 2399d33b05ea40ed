// Depthwise convolutions in float32 (groups = channels = filters): no product, every channel is filtered by itself.
#pragma once

#include "core/ops/conv2d.h"

namespace radial::simd {

void depthwise_forward(float* y, const float* x, const float* w, const Conv2dGeometry& g);
void depthwise_backward_input(float* dx, const float* dy, const float* w, const Conv2dGeometry& g, bool accumulate);
void depthwise_backward_weight(float* dw, const float* dy, const float* x, const Conv2dGeometry& g, bool accumulate);

}  // namespace radial::simd
