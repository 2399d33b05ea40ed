// What a model does with one input: the list of its ops, each with its output and inputs.
#pragma once

#include <string>
#include <vector>

#include "nn/module.h"

namespace radial {

struct TracedOp {
  std::string op;  // "conv2d"
  Tensor y;
  std::vector<Tensor> inputs;  // as the op gave them to record(); some may be undefined
};

// Runs the model in evaluation mode, without a gradient, on an input of zeros of this shape, and keeps every
// activation: data pointers tell the tensors apart. Afterwards the model is in training or evaluation as before.
std::vector<TracedOp> trace(Layer& model, const Shape& input);

}  // namespace radial
