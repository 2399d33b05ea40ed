#include "core/cuda/names.h"

#include "core/cuda/context.h"
#ifndef RADIAL_CUDA_EMULATED
#include <cudnn_version.h>
#endif

namespace radial::cuda {

#ifdef RADIAL_CUDA_EMULATED

std::string versions() { return "CUDA emulated on the CPU"; }

std::string card_name(int index) {
  use(index);
  return "emulated device";
}

#else

std::string versions() {
  const auto dotted = [](int major, int minor) { return std::to_string(major) + "." + std::to_string(minor); };
  return "CUDA " + dotted(CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10) + ", cuDNN " +
         dotted(CUDNN_MAJOR, CUDNN_MINOR);
}

std::string card_name(int index) {
  use(index);
  cudaDeviceProp properties{};
  check_cuda(cudaGetDeviceProperties(&properties, index), "device");
  return properties.name;
}

#endif

}  // namespace radial::cuda
