// Random tensors: numbers are a function of a key and of an element's place, on any device and for any number of
// threads the same (normal ones up to the rounding of log and cos).
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace radial {

// Which numbers. `call` keeps the ops of one step apart. `step` is a counter that lies with the results: the kernel
// reads it when it runs, so a recorded CUDA graph draws other numbers each time it is replayed if count_up(step) is
// part of it, and a training that goes on with the counter of its checkpoint draws what it would have drawn.
struct RandomKey {
  uint64_t seed = 0;
  uint32_t call = 0;  // below 2^24
  Tensor step = {};   // i32 [1]; undefined: 0
};

Tensor new_step_counter(Device device = {});  // i32 [1], 0
void count_up(Tensor& step);                  // + 1, on its device

// Uniform in [0, 1): the leading bits of 64 random ones, so float32 is float64 cut off, never 1. No gradient.
Tensor rand(const Shape& shape, const RandomKey& key, DType dtype = DType::f32, Device device = {});
// Standard normal (Box and Muller). No gradient.
Tensor randn(const Shape& shape, const RandomKey& key, DType dtype = DType::f32, Device device = {});
// Each element is times 0 (so NaN and infinity become NaN) with probability p, else x / (1 - p), independently. What
// was drawn is kept for the backward pass, a byte an element.
Tensor dropout(const Tensor& x, double p, const RandomKey& key);

}  // namespace radial
