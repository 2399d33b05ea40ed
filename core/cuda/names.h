// What the cards and NVIDIA's libraries are called.
#pragma once

#include <string>

namespace radial::cuda {

std::string versions();            // "CUDA 13.0, cuDNN 9.12": what this Radial was compiled with
std::string card_name(int index);  // "NVIDIA H100 80GB HBM3"; throws Error(usage) if there is no such card

}  // namespace radial::cuda
