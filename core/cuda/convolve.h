// A pass of a convolution on the GPU: by cuDNN (core/cuda/conv_*.cpp), on the emulated device by loops
// (tests/cuda_emulation/conv2d_loops.cpp).
#pragma once

#include <string>

#include "core/cuda/context.h"
#include "core/cuda/conv_plan_key.h"

namespace radial::cuda {

// The addresses of x [n, h, w, c], w [o, kh, kw, c / groups] and y [n, oh, ow, o], or of their gradients. The pass
// writes y forward, x or w backward.
struct ConvOperands {
  const void *x, *w, *y;
};

// The one of x, w and y that the pass writes.
template <class Operands>
auto& result_of(ConvPass pass, Operands& operands) {
  return pass == ConvPass::forward ? operands.y : pass == ConvPass::backward_input ? operands.x : operands.w;
}

// Computes the pass and returns an empty text; or returns why nothing computes it as the key asks for. n must not be 0.
std::string convolve(const Context& context, const ConvPlanKey& key, const ConvOperands& operands);

}  // namespace radial::cuda
