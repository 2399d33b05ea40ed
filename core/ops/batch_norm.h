// What batch_norm keeps between steps, and its options.
#pragma once

#include "core/tensor.h"

namespace radial {

// Running statistics [c], float64 if x is, else float32. In training they move by `momentum` towards the batch's
// (variance unbiased, as PyTorch's); in evaluation they are what is normalised with.
struct BatchNormState {
  Tensor running_mean, running_var;
};

struct BatchNormOptions {
  bool training = true;
  double momentum = 0.1;
  double eps = 1e-5;
  // Epilogues: y = relu(normalised + residual). Same result as the separate ops, fewer passes over memory.
  Tensor residual = {};
  bool relu = false;
};

}  // namespace radial
