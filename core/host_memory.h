// How much memory this process can have, and has had.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/device.h"

namespace radial {

// Bytes of memory and swap of the machine, or of a control group that this process is in (a container, a job of a
// cluster) where that is less. Linux grants more and kills whoever uses it.
size_t host_memory();

// Most memory that the process has held at once: of the machine as the system counts it (resident set), of a GPU what
// was taken from it (core/storage.h).
int64_t peak_memory_bytes(Device device = {});

}  // namespace radial
