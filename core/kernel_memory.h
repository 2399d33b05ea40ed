// What a kernel keeps from one call to the next, such as tables on its device; the caller keeps it, empty at first.
// Apart from core/kernel.h, so that a class may have one without its users being compiled anew for a build with CUDA.
#pragma once

#include <memory>

namespace radial {

using KernelMemory = std::shared_ptr<void>;

}  // namespace radial
