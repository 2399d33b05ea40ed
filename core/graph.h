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
  // of the device, and all it did must have been done before, so that nothing is set up or timed meanwhile. Each run
  // reads and writes the same memory: tensors from outside that live as long as the graph, and those that work() made,
  // whose memory is the graph's own. Throws Error(usage) for the CPU, and what work() throws.
  static std::unique_ptr<Graph> record(Device device, const std::function<void()>& work);

  virtual ~Graph() = default;
  // In the device's turn, after what it was asked for before.
  virtual void run() = 0;
};

}  // namespace radial
