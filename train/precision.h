// What --dtype and --device ask for.
#pragma once

#include <string>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"

namespace radial {

const std::vector<std::string>& dtype_names();      // float32, float64, tf32, bfloat16
DType weights_dtype(const std::string& dtype);      // f64 or f32, also of gradients and of the optimizer's state
DType activations_dtype(const std::string& dtype);  // f64, f32 or bf16

// cpu, cuda, cuda:N, auto: parse_device, but float64 is the CPU's alone, tf32 and bfloat16 are a GPU's. `auto` is a
// device that can; there may be none, or another is asked for: Error(usage).
Device device_from(const std::string& device, const std::string& dtype);

}  // namespace radial
