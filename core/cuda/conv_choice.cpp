// Which plan a convolution takes: chosen at the first use of its key, kept with the card's context.
#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <type_traits>
#include <unordered_map>

#include "core/cuda/conv_plan.h"
#include "core/cuda/graph.h"
#include "core/cuda/memory.h"
#include "core/cuda/workspace.h"

namespace radial::cuda {

namespace {

struct Choice {
  std::optional<ConvPlan> plan;
  std::string obstacle;  // why there is none
};

struct DestroyHandle {
  void operator()(cudnnHandle_t handle) const { cudnnDestroy(handle); }
};
struct DestroyEvent {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;

Event record_event(cudaStream_t stream) {
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, cudaEventDefault), "conv2d");
  Event owner(event);
  check_cuda(cudaEventRecord(event, stream), "conv2d");
  return owner;
}

}  // namespace

struct Convolver {
  explicit Convolver(Device card) : workspace(card) {}
  std::mutex mutex;  // a handle serves one thread at a time
  std::unique_ptr<cudnnContext, DestroyHandle> handle;
  std::unordered_map<ConvPlanKey, Choice, ConvPlanKeyHash> choices;
  Workspace workspace;
};

namespace {

Convolver& convolver_of(const Context& context) {
  static std::mutex* const mutex = new std::mutex;
  const std::lock_guard lock(*mutex);
  if (!context.convolver) {
    auto convolver = std::make_shared<Convolver>(Device{DeviceType::cuda, context.index});
    cudnnHandle_t handle = nullptr;
    check_cudnn(cudnnCreate(&handle), "conv2d");
    convolver->handle.reset(handle);
    check_cudnn(cudnnSetStream(handle, context.stream), "conv2d");
    context.convolver = std::move(convolver);
  }
  return *context.convolver;
}

// Half of what is free now, so that tensors find room, too.
size_t workspace_limit(const Context& context) {
  size_t free = 0, all = 0;
  check_cuda(cudaMemGetInfo(&free, &all), "conv2d");
  const PoolStatistics pooled = pool(context.index)->statistics();
  return std::min(context.convolutions.workspace_bytes, (free + pooled.held - pooled.used) / 2);
}

// The plan's time in milliseconds; infinite if it cannot run.
float time_of(const Context& context, cudnnHandle_t handle, const ConvPlan& plan, const ConvOperands& operands,
              const void* workspace) {
  constexpr int times = 3;
  if (plan.run(handle, operands, workspace) != CUDNN_STATUS_SUCCESS) return INFINITY;
  const Event begin = record_event(context.stream);
  for (int i = 0; i < times; ++i) check_cudnn(plan.run(handle, operands, workspace), "conv2d");
  const Event end = record_event(context.stream);
  float milliseconds = 0;
  check_cuda(cudaEventSynchronize(end.get()), "conv2d");
  check_cuda(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()), "conv2d");
  return milliseconds / times;
}

size_t fastest(const Context& context, cudnnHandle_t handle, const std::vector<ConvPlan>& plans, const ConvPlanKey& key,
               ConvOperands operands) {
  size_t workspace_bytes = 0;
  for (const ConvPlan& plan : plans) workspace_bytes = std::max(workspace_bytes, plan.workspace_bytes);
  std::vector<float> times;
  {
    const Device card{DeviceType::cuda, context.index};
    const Storage workspace(workspace_bytes, card);
    Tensor scratch;
    if (key.accumulate) {  // the result holds values that must not be added to again and again
      scratch = Tensor::empty(key.result_shape(), key.result_dtype, card);
      result_of(key.pass, operands) = scratch.bytes_data();
    }
    for (const ConvPlan& plan : plans) times.push_back(time_of(context, handle, plan, operands, workspace.data()));
  }
  pool(context.index)->release();  // sizes that nobody may ask for again
  return first_of_fastest(times);
}

Choice choose(const Context& context, cudnnHandle_t handle, const ConvPlanKey& key, const ConvOperands& operands) {
  const size_t granted = workspace_limit(context);
  ConvObstacle obstacle;
  std::vector<ConvPlan> plans;
  try {
    plans = find_conv_plans(
        key, {.at_most = context.convolutions.timed_plans, .workspace_bytes = granted, .handle = handle}, obstacle);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::internal) throw;
    obstacle.why = error.what();  // cuDNN does not even accept the graph
  }
  Choice choice;
  if (plans.empty()) {
    const size_t wanted = obstacle.workspace_bytes;
    check(wanted == 0 || wanted > context.convolutions.workspace_bytes, ErrorKind::out_of_memory, name_of(key.pass),
          ": cuDNN needs ", wanted, " bytes of workspace for ", key, " but only ", granted,
          " are free for it; a smaller --batch-size or --image-size needs less");
    choice.obstacle = std::move(obstacle.why);
    return choice;
  }
  choice.plan = std::move(plans[plans.size() == 1 ? 0 : fastest(context, handle, plans, key, operands)]);
  return choice;
}

}  // namespace

std::string convolve(const Context& context, const ConvPlanKey& key, const ConvOperands& operands) {
  Convolver& convolver = convolver_of(context);
  const std::lock_guard lock(convolver.mutex);
  const cudnnHandle_t handle = convolver.handle.get();
  const bool captured = is_recording(context.index);
  auto found = convolver.choices.find(key);
  if (found == convolver.choices.end()) {
    // A plan may load or compile kernels, and is timed: nothing for a graph.
    check(!captured, ErrorKind::internal, name_of(key.pass), ": a CUDA graph is captured but no plan was chosen for ",
          key, "; run the step once before");
    found = convolver.choices.emplace(key, choose(context, handle, key, operands)).first;
  }
  const auto& [plan, obstacle] = found->second;
  if (!plan) return obstacle;

  const void* workspace = convolver.workspace.take(plan->workspace_bytes, captured);
  if (const cudnnStatus_t status = plan->run(handle, operands, workspace); status != CUDNN_STATUS_SUCCESS) {
    std::ostringstream op;
    op << name_of(key.pass) << " of " << key;
    check_cudnn(status, op.str());
  }
  return {};
}

}  // namespace radial::cuda
