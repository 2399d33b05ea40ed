// The rows of all parameters in one launch, which reads the weights before and after and the gradients once: 12 bytes
// an element. The sums stay on the card.
#include "analysis/step_sums.h"
#include "core/cuda/elementwise.h"
#include "core/cuda/row_teams.h"
#include "core/cuda/uploaded.h"

namespace radial {

namespace {

using cuda::Pack;
using cuda::RowTeam;

struct Parameter {
  const float *before, *after, *g;  // g null without a gradient
  cuda::RowBlocks rows;
  int64_t first_row;  // rows of the parameters before it
  bool in_packs;      // rows are read in 16 bytes
};

template <int V>
__device__ StepSums sums_of_row(const Parameter& parameter, const RowTeam& team) {
  const int64_t first = team.row * parameter.rows.length;
  const auto load = [first](const float* x, int64_t pack) {
    return reinterpret_cast<const Pack<float, V>*>(x + first)[pack];
  };
  StepSums sums;
  for (int64_t p = team.thread; p < parameter.rows.length / V; p += team.threads) {
    const Pack<float, V> before = load(parameter.before, p), after = load(parameter.after, p);
    const Pack<float, V> g = parameter.g ? load(parameter.g, p) : Pack<float, V>{};
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const double w = before.of[k], d = double{after.of[k]} - w, gradient = g.of[k];
      sums.ww += w * w;
      sums.wd += w * d;
      sums.dd += d * d;
      sums.wg += w * gradient;
      sums.gg += gradient * gradient;
    }
  }
  return {team.sum(sums.ww), team.sum(sums.wd), team.sum(sums.dd), team.sum(sums.wg), team.sum(sums.gg)};
}

__global__ void __launch_bounds__(cuda::row_threads)
    step_row_sums_kernel(StepSums* sums, const Parameter* parameters, int count) {
  const Parameter& parameter = cuda::entry_of_block(parameters, count);
  const RowTeam team(parameter.rows, blockIdx.x - parameter.rows.first_block);
  if (team.row >= parameter.rows.count) return;
  const StepSums row = parameter.in_packs ? sums_of_row<4>(parameter, team) : sums_of_row<1>(parameter, team);
  if (team.thread == 0) sums[parameter.first_row + team.row] = row;
}

const float* data_of(const Tensor& tensor) {
  if (!tensor) return nullptr;
  check(tensor.dtype() == DType::f32, "layer recorder: a parameter is ", name_of(tensor.dtype()),
        " but a step on the GPU is measured in float32");
  return tensor.data<float>();
}

Parameter parameter_of(const StepTensors& tensors) {
  Parameter parameter{};
  parameter.before = data_of(tensors.before);
  parameter.after = data_of(tensors.after);
  parameter.g = data_of(tensors.g);
  parameter.rows = {tensors.before.slices(), tensors.before.slice_numel()};
  const auto aligned = [](const float* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 == 0; };
  parameter.in_packs =
      aligned(parameter.before) && aligned(parameter.after) && aligned(parameter.g) && parameter.rows.length % 4 == 0;
  return parameter;
}

}  // namespace

void cuda::step_row_sums(Tensor& sums, const std::vector<StepTensors>& parameters, KernelMemory& memory) {
  std::vector<Parameter> table;
  int64_t blocks = 0, rows = 0;
  for (const StepTensors& tensors : parameters) {
    Parameter& parameter = table.emplace_back(parameter_of(tensors));
    parameter.rows.first_block = blocks;
    parameter.first_row = rows;
    blocks += parameter.rows.blocks();
    rows += parameter.rows.count;
  }
  if (blocks == 0) return;
  const Context& context = use(sums.device());
  if (!memory) memory = std::make_shared<Uploaded<Parameter>>();
  launch(context.stream, static_cast<unsigned>(blocks), row_threads, 0, step_row_sums_kernel,
         reinterpret_cast<StepSums*>(sums.data<double>()),
         static_cast<Uploaded<Parameter>*>(memory.get())->upload(context, table), static_cast<int>(table.size()));
}

}  // namespace radial
