// Numbers that both sides of a golden test compute, so that no inputs need to be stored: tests/golden/formula.py is
// the same in Python.
#pragma once

#include <cstdint>
#include <string>

#include "core/tensor.h"

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

}  // namespace formula
