// Parameters with gradients for tests of optimizers.
#pragma once

#include "core/autograd.h"
#include "core/named_tensor.h"
#include "tests/formula.h"

namespace radial {

inline NamedTensor parameter(const std::string& name, const Shape& shape, Kind kind, DType dtype = DType::f32) {
  NamedTensor param{name, formula::tensor(name, shape).to(dtype), kind};
  param.tensor.set_requires_grad();
  return param;
}

// A convolution, its normalisation, a linear layer with bias.
inline std::vector<NamedTensor> parameters(DType dtype = DType::f32) {
  return {parameter("conv1.weight", {8, 3, 3, 5}, Kind::conv, dtype), parameter("bn1.weight", {8}, Kind::norm, dtype),
          parameter("bn1.bias", {8}, Kind::bias, dtype), parameter("fc.weight", {7, 8}, Kind::linear, dtype),
          parameter("fc.bias", {7}, Kind::bias, dtype)};
}

inline void set_gradient(const NamedTensor& param, const Tensor& gradient) {
  param.tensor.node()->grad =
      gradient ? gradient.detach() : gradient;  // a gradient that knows its tensor is never freed
}

// The same random gradients for the same step.
inline void set_gradients(const std::vector<NamedTensor>& params, int64_t step) {
  for (const NamedTensor& param : params) {
    const std::string name = param.name + " gradient " + std::to_string(step);
    set_gradient(param, formula::tensor(name, param.tensor.shape()).to(param.tensor.dtype()));
  }
}

inline std::vector<std::vector<double>> values_of(const std::vector<NamedTensor>& params) {
  std::vector<std::vector<double>> values;
  for (const NamedTensor& param : params) values.push_back(param.tensor.to_vector());
  return values;
}

}  // namespace radial
