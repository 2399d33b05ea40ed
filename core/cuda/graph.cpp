#include "core/cuda/graph.h"

#include "core/cuda/context.h"
#include "core/cuda/memory.h"

namespace radial::cuda {

namespace {

class CudaGraph : public Graph {
 public:
  CudaGraph(const Context& context, const std::function<void()>& work) : context_(context) {
    // What earlier work left is given back first: the graph's memory takes its place.
    synchronize(context.index);
    pool(context.index)->release();
    const OwnPool own(context.index);
    pool_ = own.pool();
    // Relaxed: the pool may ask for memory meanwhile.
    check_cuda(cudaStreamBeginCapture(context.stream, cudaStreamCaptureModeRelaxed), "graph");
    cudaGraph_t graph = nullptr;
    try {
      work();
    } catch (...) {  // the stream must not stay as it is
      if (cudaStreamEndCapture(context.stream, &graph) == cudaSuccess && graph) cudaGraphDestroy(graph);
      cudaGetLastError();
      throw;
    }
    check_cuda(cudaStreamEndCapture(context.stream, &graph), "graph");
    const cudaError_t error = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    check_cuda(error, "graph");
  }

  ~CudaGraph() override {
    if (!executable_) return;
    cudaStreamSynchronize(context_.stream);  // it may still run
    cudaGraphExecDestroy(executable_);
  }

  void run() override {
    use(context_.index);
    check_cuda(cudaGraphLaunch(executable_, context_.stream), "graph");
  }

 private:
  const Context& context_;
  std::shared_ptr<Pool> pool_;
  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace

std::unique_ptr<Graph> record_graph(int index, const std::function<void()>& work) {
  return std::make_unique<CudaGraph>(use(index), work);
}

bool is_recording(int index) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check_cuda(cudaStreamIsCapturing(use(index).stream, &status), "graph");
  return status != cudaStreamCaptureStatusNone;
}

void refuse_recording(int index, const char* op) {
  check(!is_recording(index), op, ": the host decides this in each step, but the work of cuda:", index,
        " is being recorded as a graph, which would do the same each time");
}

}  // namespace radial::cuda
