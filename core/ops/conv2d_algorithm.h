// How float32 convolutions are computed on the CPU.
#pragma once

#include <string>

#include "core/ops/conv2d.h"

namespace radial {

// Names: "auto" (Winograd where it is expected to be faster), "winograd" (wherever it can serve), "direct".
// The default is auto, unless the environment variable RADIAL_CONV names another; throws Error(usage) if that is none
// of the three.
std::string conv_algorithm();

// Uses `name` from the next convolution on ("": the default again); for tests and timing. Not while kernels run.
void set_conv_algorithm(const std::string& name);

// Whether Winograd's way is taken for this convolution (docs/architecture.md).
bool uses_winograd(const Conv2dGeometry& g);

}  // namespace radial
