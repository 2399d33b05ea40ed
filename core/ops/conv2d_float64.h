// Convolutions in float64: plain im2col and Eigen's product. For gradient checks and as the oracle of the fast kernels.
#pragma once

#include "core/ops/conv2d.h"

namespace radial::float64 {

void conv2d_forward(double* y, const double* x, const double* w, const Conv2dGeometry& g);
void conv2d_backward_input(double* dx, const double* dy, const double* w, const Conv2dGeometry& g, bool accumulate);
void conv2d_backward_weight(double* dw, const double* dy, const double* x, const Conv2dGeometry& g, bool accumulate);

}  // namespace radial::float64
