#include "nn/summary.h"

#include <map>

#include "nn/homogeneity.h"
#include "nn/name_pattern.h"
#include "nn/trace.h"

namespace radial {

namespace {

// Multiplications of an op with this weight: each element of its result takes the products of one filter (a row of
// dim 0), or each of its input, where filters are spread over the result.
int64_t multiply_adds(const TracedOp& op, const Tensor& weight) {
  return (op.op == "conv_transpose2d" ? op.inputs[0] : op.y).numel() * weight.slice_numel();
}

}  // namespace

ModelSummary summarise(Layer& model, const Shape& input) {
  const Tensor zeros = zeros_for(model, input);
  return summarise(model, [&] { return std::vector{model.forward(zeros)}; });
}

ModelSummary summarise(Module& model, const std::function<std::vector<Tensor>()>& run) {
  const std::vector<NamedTensor> parameters = model.parameters();
  std::vector<Tensor> outputs;
  const std::vector<TracedOp> ops = trace(model, [&] { outputs = run(); });
  const std::set<std::string> invariant = scale_invariant_weights(ops, parameters, outputs);

  ModelSummary summary;
  std::map<const void*, size_t> layer_of_weight;
  for (const auto& [name, tensor, kind] : parameters) {
    if (kind != Kind::bias || summary.layers.empty() || summary.layers.back().name != layer_of(name)) {
      layer_of_weight[tensor.bytes_data()] = summary.layers.size();
      summary.layers.push_back({.name = layer_of(name), .kind = kind, .shape = tensor.shape(), .output = {}});
    }
    LayerSummary& layer = summary.layers.back();
    layer.parameters += tensor.numel();
    summary.parameters += tensor.numel();
    if (!invariant.count(name)) continue;
    layer.scale_invariant = true;
    summary.scale_invariant += tensor.numel();
  }

  for (const TracedOp& op : ops) {
    for (const Tensor& operand : op.inputs) {
      const auto found = operand ? layer_of_weight.find(operand.bytes_data()) : layer_of_weight.end();
      if (found == layer_of_weight.end()) continue;
      LayerSummary& layer = summary.layers[found->second];
      layer.output = op.y.shape();
      if (layer.kind == Kind::norm) continue;
      layer.multiply_adds += multiply_adds(op, operand);
      summary.multiply_adds += multiply_adds(op, operand);
    }
  }
  return summary;
}

}  // namespace radial
