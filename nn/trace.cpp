#include "nn/trace.h"

#include "core/autograd.h"

namespace radial {

std::vector<TracedOp> trace(Layer& model, const Shape& input) {
  const auto parameters = model.parameters();
  const DType dtype = parameters.empty() ? DType::f32 : parameters[0].tensor.dtype();
  std::vector<TracedOp> ops;
  const EvaluationMode evaluation(model);
  const NoGrad no_grad;
  const ForwardObserver observer([&](const char* op, const Tensor& y, std::span<const Tensor> inputs) {
    ops.push_back({op, y, {inputs.begin(), inputs.end()}});
  });
  model.forward(Tensor::zeros(input, dtype, model.device()));
  return ops;
}

}  // namespace radial
