// What a model does with one input: the list of its ops, each with its output and inputs.
#pragma once

#include <any>
#include <functional>
#include <string>
#include <vector>

#include "nn/module.h"

namespace radial {

struct TracedOp {
  std::string op;  // "conv2d"
  Tensor y;
  std::vector<Tensor> inputs;  // as the op gave them to record(); some may be undefined
  std::any options = {};       // what it was told beside them (core/told_options.h)
};

// An input of this shape, in the dtype of the model's parameters, on its device.
Tensor zeros_for(Module& model, const Shape& shape);

// Runs the model in evaluation mode, without a gradient, on this input, or on zeros of this shape, and keeps every
// activation: data pointers tell the tensors apart. Afterwards the model is in training or evaluation as before.
std::vector<TracedOp> trace(Layer& model, const Tensor& input);
std::vector<TracedOp> trace(Layer& model, const Shape& zeros);
// The same for a network that is more than a Layer: run() makes its outputs.
std::vector<TracedOp> trace(Module& model, const std::function<void()>& run);

}  // namespace radial
