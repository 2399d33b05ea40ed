#include "tests/cuda_emulation/capture.h"

#include <utility>
#include <vector>

#include "tests/cuda_emulation/runtime_api.h"

struct CudaEmulationGraph {
  std::vector<std::function<void()>> calls;
};

namespace {

// Of this thread, which alone may use its stream meanwhile.
thread_local CudaEmulationGraph* under_way = nullptr;

}  // namespace

bool cuda_emulation::is_captured() { return under_way != nullptr; }

void cuda_emulation::now_or_in_graph(std::function<void()> call) {
  if (under_way)
    under_way->calls.push_back(std::move(call));
  else
    call();
}

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (under_way) return cudaErrorIllegalState;
  under_way = new CudaEmulationGraph;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = std::exchange(under_way, nullptr);
  return *graph ? cudaSuccess : cudaErrorIllegalState;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus* status) {
  *status = under_way ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new CudaEmulationGraph(*graph);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t) {
  if (under_way)
    return cudaErrorStreamCaptureUnsupported;  // CUDA would make it a part of the graph; nobody asks for it
  for (const auto& call : executable->calls) call();
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
