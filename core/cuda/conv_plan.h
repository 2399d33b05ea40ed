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

// Why an engine was left out.
struct ConvObstacle {
  std::string why;             // of the last one
  size_t workspace_bytes = 0;  // the least that any of them wanted where more than was granted; 0: none did
};

// The plans that cuDNN's heuristics prefer, the best first, of those that give the same bits each time and multiply as
// precisely as the key asks.
std::vector<ConvPlan> find_conv_plans(const ConvPlanKey& key, const ConvPlanSearch& search, ConvObstacle& obstacle);

// The first of the times that is at most 5 % above the shortest: near ties are not for the day to decide.
size_t first_of_fastest(const std::vector<float>& times);

}  // namespace radial::cuda
