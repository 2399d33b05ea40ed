#include "nn/trace.h"

#include "core/autograd.h"
#include "core/told_options.h"

namespace radial {

Tensor zeros_for(Module& model, const Shape& shape) {
  const auto parameters = model.parameters();
  return Tensor::zeros(shape, parameters.empty() ? DType::f32 : parameters[0].tensor.dtype(), model.device());
}

std::vector<TracedOp> trace(Module& model, const std::function<void()>& run) {
  std::vector<TracedOp> ops;
  const EvaluationMode evaluation(model);
  const NoGrad no_grad;
  const ForwardObserver observer([&](const char* op, const Tensor& y, std::span<const Tensor> inputs) {
    ops.push_back({op, y, {inputs.begin(), inputs.end()}, ToldOptions::of_op()});
  });
  run();
  return ops;
}

std::vector<TracedOp> trace(Layer& model, const Tensor& input) {
  return trace(model, [&] { model.forward(input); });
}

std::vector<TracedOp> trace(Layer& model, const Shape& zeros) { return trace(model, zeros_for(model, zeros)); }

}  // namespace radial
