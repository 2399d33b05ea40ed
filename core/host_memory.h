// How much memory this process can have.
#pragma once

#include <cstddef>

namespace radial {

// Bytes of memory and swap of the machine, or of a control group that this process is in (a container, a job of a
// cluster) where that is less. Linux grants more and kills whoever uses it.
size_t host_memory();

}  // namespace radial
