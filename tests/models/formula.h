// Numbers that both sides compute, so that no weights need to be stored: tests/golden/formula.py is the same in Python.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "nn/module.h"
#include "nn/weights.h"

namespace formula {

using namespace radial;

// Number i of the sequence `name`, uniform in [-1, 1), as a tensor of this shape in float64.
inline Tensor tensor(const std::string& name, const Shape& shape) {
  uint64_t seed = 0xCBF29CE484222325;
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  Tensor result = Tensor::empty(shape, DType::f64);
  double* values = result.data<double>();
  for (int64_t i = 0; i < shape.numel(); ++i) {
    uint64_t z = seed + static_cast<uint64_t>(i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    values[i] = static_cast<double>(z >> 11) * 0x1p-52 - 1;
  }
  return result;
}

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
