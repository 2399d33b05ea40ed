// How much memory this process can have.
#pragma once

#include <cstddef>

namespace radial {

// Bytes of memory and swap of the machine, or of the control group (a container, say) where that is less. Linux grants
// more and kills whoever uses it.
size_t host_memory();

}  // namespace radial
