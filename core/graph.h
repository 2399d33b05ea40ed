// Work of a GPU that is recorded once and done again and again: a CUDA graph. The host launches it at once, where it
// would launch hundreds of kernels.
#pragma once

#include <functional>
#include <memory>

#include "core/device.h"

namespace radial {

class Graph {
 public:
  // Calls work() once, on this thread. What it asks of the device is recorded instead of done; it must not read values
  // of the device nor copy the host's to it, and all it did must have been done before, so that nothing is set up or
  // timed meanwhile. What the host decides in it (which layers are in training, a factor of scale()) stays decided.
  // Each run reads and writes the same memory: tensors from outside that live as long as the graph, and those that
  // work() made, whose memory is the graph's own. Throws Error(usage) for the CPU, and what work() throws.
  static std::unique_ptr<Graph> record(Device device, const std::function<void()>& work);

  virtual ~Graph() = default;
  // In the device's turn, after what it was asked for before.
  virtual void run() = 0;
};

// For ops that decide something on the host in each step: a dropout mask, CutMix's box, values that they copy to the
// device. A graph would freeze the decision. Throws Error(usage), with `op` in front, while work of the device is
// recorded.
void refuse_recording(Device device, const char* op);

}  // namespace radial
