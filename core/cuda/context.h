// One GPU as this process uses it: its stream, its properties. No state of a device lies outside of its context.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/cuda/gpu.h"
#include "core/device.h"

namespace radial::cuda {

// How convolutions are computed.
struct ConvolutionOptions {
  bool tf32 = false;  // whether products of float32 may round it to 10 bits of mantissa, for tensor cores
  // Of those that cuDNN prefers, at the first use of a shape. 1: its first choice, untimed, so that each run has the
  // same bits; more are faster, perhaps, and may differ from run to run where two are close.
  size_t timed_plans = 1;
  size_t workspace_bytes = size_t{1} << 30;  // that a plan may ask for; less where memory is short
};

struct Convolver;  // cuDNN's handle and plans: core/cuda/conv_choice.cpp
struct Staging;    // pinned memory: core/cuda/staging.cpp

struct Context {
  int index = 0;
  cudaStream_t stream = nullptr;  // all work on the device goes through it, in order
  int multiprocessors = 0;        // streaming multiprocessors (132 on an H100)
  int shared_bytes = 0;           // dynamic shared memory that a block may ask for at most
  ConvolutionOptions convolutions;
  mutable std::shared_ptr<Convolver> convolver;  // made by the first convolution
  mutable std::shared_ptr<Staging> staging;      // made by the first copy to the card
};

// The context of a card, made at its first use. Makes the card the calling thread's current one, so call it before
// any other call to CUDA. Throws Error(usage) if there is no such card.
const Context& use(int index);
inline const Context& use(Device device) { return use(device.index); }

// For convolutions from now on; a shape that has its plan keeps it. Not while other threads use the card. At first
// timed_plans is what the environment variable RADIAL_CUDNN_TIMED_PLANS says, if it is set.
void set_convolution_options(int index, const ConvolutionOptions& options);

// Why the card cannot be used ("there is no NVIDIA driver"); empty if it can.
std::string obstacle(int index);

void synchronize(int index);

}  // namespace radial::cuda
