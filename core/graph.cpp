#include "core/graph.h"

#include "core/error.h"
#ifdef RADIAL_WITH_CUDA
#include "core/cuda/graph.h"
#endif

namespace radial {

std::unique_ptr<Graph> Graph::record(Device device, [[maybe_unused]] const std::function<void()>& work) {
  check(device.type == DeviceType::cuda, "graph: work was to be recorded on the CPU but a GPU alone has graphs");
#ifdef RADIAL_WITH_CUDA
  return cuda::record_graph(device.index, work);
#else
  fail(ErrorKind::usage, "graph: this Radial was built without CUDA");
#endif
}

void refuse_recording([[maybe_unused]] Device device, [[maybe_unused]] const char* op) {
#ifdef RADIAL_WITH_CUDA
  if (device.type == DeviceType::cuda) cuda::refuse_recording(device.index, op);
#endif
}

}  // namespace radial
