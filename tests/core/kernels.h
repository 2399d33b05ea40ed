// What tests of the CPU's kernels share.
#pragma once

#include <random>
#include <vector>

#include "core/ops/conv2d_algorithm.h"
#include "core/parallel.h"
#include "core/simd/target.h"
#include "core/tensor.h"

namespace radial {

// Normally distributed; exact in float32, so that both dtypes compute with the same numbers.
inline Tensor random_tensor(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(shape.numel()));
  for (float& v : values) v = normal(random);
  return Tensor::from(values, shape);
}

// Instruction set, algorithm and number of threads are chosen as usual again where it ends.
struct DefaultsAgain {
  ~DefaultsAgain() {
    simd::set_target("");
    set_conv_algorithm("");
    set_threads(0);
  }
};

}  // namespace radial
