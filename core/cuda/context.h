// One GPU as this process uses it: its stream, its properties. No state of a device lies outside of its context.
#pragma once

#include <string>

#include "core/cuda/gpu.h"
#include "core/device.h"

namespace radial::cuda {

struct Context {
  int index = 0;
  cudaStream_t stream = nullptr;  // all work on the device goes through it, in order
  int multiprocessors = 0;        // streaming multiprocessors (132 on an H100)
  int shared_bytes = 0;           // dynamic shared memory that a block may ask for at most
};

// The context of a card, made at its first use. Makes the card the calling thread's current one, so call it before
// any other call to CUDA. Throws Error(usage) if there is no such card.
const Context& use(int index);
inline const Context& use(Device device) { return use(device.index); }

// Why the card cannot be used ("there is no NVIDIA driver"); empty if it can.
std::string obstacle(int index);

void synchronize(int index);

}  // namespace radial::cuda
