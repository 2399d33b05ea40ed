// The ops that `radial bench ops` measures: those of ResNets at their own shapes, and others on tensors that fit no
// cache.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace radial::apps {

// Part of an op's work, measured alone. Of inputs that are not asked for, no gradient is computed.
struct OpPass {
  std::string name;               // forward, backward, or backward_x where inputs have passes of their own
  std::vector<size_t> gradients;  // inputs whose gradients it computes; none for forward
  double operations = 0;          // additions and multiplications, counted as direct convolution does
  double elements = 0;            // values read or written, each tensor counted once
};

struct OpBenchCase {
  std::string op;     // conv2d
  std::string shape;  // 16x56x56x64 to 64, 3x3
  std::vector<Shape> inputs;
  std::function<Tensor(const std::vector<Tensor>&)> run;  // inputs, float32, random
  std::vector<OpPass> passes;
  int classes = 0;           // above 0: the last input holds whole numbers (labels, indices) below it
  DType whole = DType::i32;  // of this type
};

std::vector<OpBenchCase> op_bench_cases(int64_t batch_size);         // all
std::vector<OpBenchCase> tensor_op_bench_cases(int64_t batch_size);  // the part that is not ResNets'

}  // namespace radial::apps
