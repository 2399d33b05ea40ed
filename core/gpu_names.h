// What GPUs and their libraries are called, for people.
#pragma once

#include <string>

#include "core/device.h"

namespace radial {

std::string gpu_libraries();          // "CUDA 13.0, cuDNN 9.12", or "cpu only"
std::string gpu_name(Device device);  // "NVIDIA H100 80GB HBM3"; throws Error(usage) for the CPU

}  // namespace radial
