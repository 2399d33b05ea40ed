// What --dtype and --device ask for.
#pragma once

#include <string>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "nn/module.h"

namespace radial {

const std::vector<std::string>& dtype_names();      // float32, float64, tf32, bfloat16
DType weights_dtype(const std::string& dtype);      // f64 or f32, also of gradients and of the optimizer's state
DType activations_dtype(const std::string& dtype);  // f64, f32 or bf16

// The device that --device (cpu, cuda, cuda:N, auto) means, if it can compute in the dtype: float64 is the CPU's alone,
// tf32 and bfloat16 are a GPU's. Throws Error(usage) if there is none such.
Device device_from(const std::string& device, const std::string& dtype);

// Converts a network's weights to the dtype and moves them to the device.
void place(Module& network, const std::string& device, const std::string& dtype);

}  // namespace radial
