#include "core/cuda/conv_plan.h"

#include <algorithm>

namespace radial::cuda {

namespace {

// Ways to compute the graph, the best first.
std::vector<Descriptor> engine_configs(const Descriptor& graph, cudnnBackendHeurMode_t mode, const Descriptor* device,
                                       std::string& obstacle) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
#if CUDNN_VERSION >= 90800
  if (device) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *device);
#else
  check(!device, "cudnn: before version 9.8 it plans for a card only where there is one");
#endif
  if (const cudnnStatus_t status = heuristics.try_finalize(); status != CUDNN_STATUS_SUCCESS) {
    obstacle = message_of(status);
    return {};
  }
  return heuristics.descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
}

// Whether an engine that has this note may serve. Engines that round float32 to TF32 have the note of tensor cores.
bool is_allowed(cudnnBackendNumericalNote_t note, const ConvPlanKey& key) {
  switch (note) {
    case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
    case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
    case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
      return false;
    case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
      return key.dtype == DType::bf16 || key.tf32;
    case CUDNN_NUMERICAL_NOTE_WINOGRAD:  // its transforms cost digits
      return key.dtype == DType::f32;
    default:
      return true;
  }
}

bool is_allowed(const Descriptor& config, const ConvPlanKey& key) {
  std::vector<Descriptor> engine = config.descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  const auto notes = engine.at(0).values<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                                      CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  return std::all_of(notes.begin(), notes.end(), [&](auto note) { return is_allowed(note, key); });
}

// Plans of the first versions of cuDNN 9 must have it; later ones take it from the graph, and deprecate it.
void set_handle(Descriptor& plan, cudnnHandle_t handle) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  if (handle) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle);
#pragma GCC diagnostic pop
}

}  // namespace

cudnnStatus_t ConvPlan::run(cudnnHandle_t handle, const ConvOperands& operands, const void* workspace) const {
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, std::vector<int64_t>{conv_x, conv_w, conv_y});
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, std::vector<const void*>{operands.x, operands.w, operands.y});
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace);
  pack.finalize();
  return cudnnBackendExecute(handle, plan.get(), pack.get());
}

std::vector<ConvPlan> find_conv_plans(const ConvPlanKey& key, const ConvPlanSearch& search, ConvObstacle& obstacle) {
  std::vector<ConvPlan> plans;
  obstacle = {.why = "it lists none that is deterministic and as precise as was asked for"};
  const Descriptor graph = conv_graph(key, search.handle);
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (const Descriptor& config : engine_configs(graph, mode, search.device, obstacle.why)) {
      if (plans.size() == search.at_most) return plans;
      if (!is_allowed(config, key)) continue;
      Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      set_handle(plan, search.handle);
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
      if (const cudnnStatus_t status = plan.try_finalize(); status != CUDNN_STATUS_SUCCESS) {
        obstacle.why = message_of(status);
        continue;
      }
      const auto workspace =
          static_cast<size_t>(plan.values<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1).at(0));
      if (workspace > search.workspace_bytes) {
        obstacle.why = "an engine needs " + std::to_string(workspace) + " bytes of workspace but " +
                       std::to_string(search.workspace_bytes) + " are granted";
        if (obstacle.workspace_bytes == 0 || workspace < obstacle.workspace_bytes) obstacle.workspace_bytes = workspace;
        continue;
      }
      plans.push_back({std::move(plan), workspace});
    }
  }
  return plans;
}

size_t first_of_fastest(const std::vector<float>& times) {
  const float limit = 1.05F * *std::min_element(times.begin(), times.end());
  return static_cast<size_t>(std::find_if(times.begin(), times.end(), [&](float time) { return time <= limit; }) -
                             times.begin());
}

}  // namespace radial::cuda
