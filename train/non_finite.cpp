#include "train/non_finite.h"

#include <cmath>
#include <map>

#include "core/autograd.h"
#include "core/ops.h"
#include "nn/name_pattern.h"

namespace radial {

bool is_finite(const Tensor& anywhere) {
  const Tensor x = anywhere.detach().to(Device{}).to(accumulator_of(anywhere.dtype()));
  bool finite = true;
  dispatch_float("is_finite", x.dtype(), [&]<class T>() {
    for (const T value : std::span(x.data<T>(), static_cast<size_t>(x.numel())))
      finite = finite && std::isfinite(value);
  });
  return finite;
}

std::string first_non_finite_weight(Module& model) {
  for (const auto& tensors : {model.parameters(), model.buffers()})
    for (const NamedTensor& named : tensors)
      if (!is_finite(named.tensor)) return named.name;
  return "";
}

std::string first_non_finite(Task& task, const Batch& batch, const Turn& turn) {
  // Before the batch runs again: in training mode that moves the running statistics.
  std::map<const void*, std::string> names;  // by where their values lie
  for (const Party& party : task.parties())
    for (const NamedTensor& parameter : party.network->parameters()) {
      const std::string name = party.prefix() + parameter.name;
      if (!is_finite(parameter.tensor)) return "the weight " + name;
      names[parameter.tensor.bytes_data()] = name;
    }
  for (const Tensor& field : batch.fields)
    if (is_float(field.dtype()) && !is_finite(field)) return "the " + task.facts().sample + "s";

  std::string layer = "the input", found;
  const ForwardObserver observer([&](const char* op, const Tensor& y, std::span<const Tensor> inputs) {
    const bool first = found.empty();
    std::string own;  // of a layer with parameters
    for (const Tensor& input : inputs)
      if (const auto name = names.find(input.defined() ? input.bytes_data() : nullptr);
          own.empty() && name != names.end())
        own = layer_of(name->second);
    if (!own.empty()) layer = own;
    if (first && is_float(y.dtype()) && !is_finite(y))
      found = (own.empty() ? "a result after " + layer : "the output of " + layer) + " (" + op + ")";
  });
  const Device device = task.parties()[turn.party].network->device();
  Tensor numbers = Tensor::zeros({static_cast<int64_t>(task.facts().measures.size())}, DType::f64, device);
  task.gradients(batch, turn, numbers);
  return found.empty() ? "the loss alone" : found;
}

}  // namespace radial
