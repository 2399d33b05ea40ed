// Weights and pictures that both sides compute, so that none need to be stored: as in tests/golden/formula.py.
#pragma once

#include <cmath>
#include <string>

#include "nn/module.h"
#include "nn/weights.h"
#include "tests/formula.h"

namespace formula {

using namespace radial;

// The sequence as a filter in PyTorch's order, [out, in, kh, kw], turned into the order of `like`.
inline Tensor tensor_like(const std::string& name, const NamedTensor& like) {
  const Shape shape = to_torch_layout(like).shape();
  return from_torch_layout(tensor(name, shape), like.kind);
}

inline Tensor weight(const NamedTensor& target) {
  Tensor value = tensor_like(target.name, target);
  double* values = value.data<double>();
  const Shape& shape = value.shape();
  for (int64_t i = 0; i < value.numel(); ++i) {
    if (shape.rank() > 1) {
      values[i] *= std::sqrt(6.0 / static_cast<double>(shape.numel() / shape[0]));
    } else if (target.name.ends_with("running_var") || target.name.ends_with("weight")) {
      values[i] = 1 + 0.5 * values[i];
    } else {
      values[i] *= 0.1;
    }
  }
  return value;
}

inline void fill(Module& model) {
  for (const auto& list : {model.parameters(), model.buffers()}) {
    for (const NamedTensor& target : list) {
      Tensor{target.tensor}.copy_from(weight(target).to(target.tensor.dtype()));
    }
  }
}

// The sequence "pictures", [n, 3, size, size] in PyTorch's order, as [n, size, size, 3].
inline Tensor pictures(int64_t n, int64_t size, DType dtype) {
  return from_torch_layout(tensor("pictures", {n, 3, size, size}), Kind::conv).to(dtype);
}

}  // namespace formula
