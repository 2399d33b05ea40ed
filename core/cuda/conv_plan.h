// A way in which cuDNN computes a pass of a convolution.
#pragma once

#include <string>
#include <vector>

#include "core/cuda/conv_graph.h"
#include "core/cuda/convolve.h"

namespace radial::cuda {

struct ConvPlan {
  Descriptor plan;
  size_t workspace_bytes;

  cudnnStatus_t run(cudnnHandle_t handle, const ConvOperands& operands, const void* workspace) const;
};

struct ConvPlanSearch {
  size_t at_most;                      // plans
  size_t workspace_bytes;              // that a plan may ask for
  cudnnHandle_t handle = nullptr;      // of the card that is to run them; or, from cuDNN 9.8 on,
  const Descriptor* device = nullptr;  // a card that is only described
};

// The plans that cuDNN's heuristics prefer, the best first, of those that give the same bits each time and multiply as
// precisely as the key asks. Where there is none, `obstacle` is the last reason that was found.
std::vector<ConvPlan> find_conv_plans(const ConvPlanKey& key, const ConvPlanSearch& search, std::string& obstacle);

}  // namespace radial::cuda
