// Computes an ONNX graph as the operators' documents say, slowly and in float64.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "io/onnx.h"

struct OnnxTensor {
  std::vector<int64_t> shape;
  std::vector<double> values;

  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
};

// The first output for these pictures [n, 3, h, w]. Throws std::runtime_error for what ONNX does not allow, and for
// operators that it does not know.
OnnxTensor compute_onnx(const radial::OnnxModel& model, const OnnxTensor& pictures);
