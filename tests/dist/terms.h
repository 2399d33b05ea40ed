// Terms whose sum depends on the order in which they are added.
#pragma once

#include <cmath>
#include <cstring>
#include <vector>

#include "core/tensor.h"

// A tensor of term number `term`: values over many decades, of both signs.
inline radial::Tensor wild(int64_t term, const radial::Shape& shape, radial::DType dtype = radial::DType::f32) {
  std::vector<double> values;
  for (int64_t i = 0; i < shape.numel(); ++i) {
    const double x =
        std::sin(static_cast<double>(12.9898 * static_cast<double>(term + 1) * static_cast<double>(i + 3)));
    values.push_back(x * std::pow(10.0, static_cast<double>((7 * term + 3 * i) % 8)));
  }
  return radial::Tensor::from(values, shape).to(dtype);
}

inline bool same_bits(const radial::Tensor& a, const radial::Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         std::memcmp(a.bytes_data(), b.bytes_data(), a.bytes()) == 0;
}
