// Gradients held in bounds, between backward() and step(). Parameters without a gradient are passed over. Nothing waits
// for a device, and the bits are the same for any number of threads.
#pragma once

#include <span>

#include "core/kernel.h"
#include "core/named_tensor.h"

namespace radial {

// All gradients times min(1, most / (norm + 1e-6)), norm the Euclidean one of all of them together, in float64;
// PyTorch's clip_grad_norm_. Returns the norm before, float64 [1] on the gradients' device (0 on the CPU where there
// are none). As in PyTorch an infinite norm leaves zeros, and NaN where a gradient was infinite, a
// NaN leaves NaN everywhere.
Tensor clip_gradient_norm(std::span<const NamedTensor> parameters, double most);

// Each element into [-most, most]; a NaN stays.
void clip_gradient_values(std::span<const NamedTensor> parameters, double most);

// norm [1] = root of the sum of squares [n], factor [1] = min(1, most / (norm + 1e-6)); all float64
KERNEL(clip_factor, Tensor& norm, Tensor& factor, const Tensor& squares, double most)
KERNEL(clip_values, Tensor& x, double most)
// average = average + (1 - decay) (x - average); for optim/average.h
KERNEL(move_average, Tensor& average, const Tensor& x, double decay)

}  // namespace radial
