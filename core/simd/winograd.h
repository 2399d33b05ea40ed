// 3x3 convolutions of stride 1 with fewer multiplications: Winograd's F(4x4, 3x3) for results and gradients of the
// input, F(3x3, 4x4) for gradients of the filters (winograd_transforms.h): 36 for 16 results instead of 144.
#pragma once

#include <cstdint>

#include "core/ops/conv2d.h"

namespace radial::simd {

// Whether it can serve: 3x3, stride 1, dilation 1, one group, equal paddings of at most 2, channels and filters in
// multiples of 16.
bool winograd_serves(const Conv2dGeometry& g);

// Whether it is expected to be faster than the direct way, by shapes alone.
bool winograd_pays(const Conv2dGeometry& g);

// As the kernels of conv2d (core/kernels.h), in float32.
void winograd_forward(float* y, const float* x, const float* w, const Conv2dGeometry& g);
void winograd_backward_input(float* dx, const float* dy, const float* w, const Conv2dGeometry& g, bool accumulate);
void winograd_backward_weight(float* dw, const float* dy, const float* x, const Conv2dGeometry& g, bool accumulate);

}  // namespace radial::simd
