// The table of op cases: every op of core/ops.h with odd, prime and multiple-of-a-vector sizes and with each of its
// options. Gradient checks, float32 against float64, threads and devices all run this one table, and docs/ops.md is
// made from it (tests/core/op_page_test.cpp).
// No Catch2 here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace radial {

struct OpCase {
  std::string name;            // "conv2d 3x3 stride 2", unique; begins with the op's name
  std::vector<Tensor> inputs;  // float64, values exact in float32, away from kinks and ties
  // The op. Anything else that it needs (labels, running statistics) is captured, and converted to the inputs' dtype
  // and device.
  std::function<Tensor(const std::vector<Tensor>& inputs)> run;
  int64_t terms = 1;  // in the longest sum of its forward and backward passes
  bool differentiable = true;
  std::vector<size_t> parameters = {};  // the inputs that are float32 where the others are bfloat16
  bool on_host = false;                 // what decides is computed on the host, wherever the tensors lie
};

const std::vector<OpCase>& op_cases();

// y and the gradients of sum(y * c) for a fixed random cotangent c.
struct OpResult {
  Tensor y;
  std::vector<Tensor> gradients;  // one an input; undefined where needs_gradient is false
};

// Computes in `dtype` on `device`. needs_gradient says of each input whether it is a leaf; empty: all are.
OpResult run_case(const OpCase& op_case, DType dtype, const std::vector<bool>& needs_gradient = {}, Device device = {});

// How far float32 may be from float64. u = 2^-24. A handful of pointwise roundings cost some u each; a sum of k terms
// of any sign, one after the other, errs by about u sqrt(k) of the terms' root of summed squares, of which the result
// is a fair part.
double float32_bound(int64_t terms);

// ||a - b|| / ||b||, in double; infinite if a value is not finite.
double relative_error(const Tensor& a, const Tensor& b);

}  // namespace radial
