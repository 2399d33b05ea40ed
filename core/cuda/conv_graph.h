// A pass of a convolution as cuDNN's graph of operations.
#pragma once

#include "core/cuda/conv_plan_key.h"
#include "core/cuda/cudnn.h"

namespace radial::cuda {

// The names of its tensors x, w and y, or of their gradients, for those who give them addresses.
constexpr int64_t conv_x = 1, conv_w = 2, conv_y = 3;

// One operation, or two where the sums are converted: then cuDNN has engines only where it compiles them itself, at the
// first use, for one group of channels in multiples of 8. The handle may be null from cuDNN 9.8 on.
Descriptor conv_graph(const ConvPlanKey& key, cudnnHandle_t handle);

}  // namespace radial::cuda
