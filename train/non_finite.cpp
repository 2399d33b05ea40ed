#include "train/non_finite.h"

#include <cmath>
#include <map>

#include "core/autograd.h"
#include "core/ops.h"

namespace radial::apps {
namespace {

// layer1.0.conv1.weight -> layer1.0.conv1
std::string layer_of(const std::string& parameter) { return parameter.substr(0, parameter.rfind('.')); }

}  // namespace

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

std::string first_non_finite(Layer& model, const Batch& batch) {
  // Before the batch runs again: in training mode that moves the running statistics.
  for (const NamedTensor& parameter : model.parameters())
    if (!is_finite(parameter.tensor)) return "the weight " + parameter.name;
  if (!is_finite(batch.images)) return "the pictures";

  std::map<const GradNode*, std::string> names;
  for (const NamedTensor& parameter : model.parameters()) names[parameter.tensor.node().get()] = parameter.name;
  std::string layer = "the input", found;
  const ForwardObserver observer([&](const char* op, const Tensor& y, std::span<const Tensor> inputs) {
    const bool first = found.empty();
    std::string own;  // of a layer with parameters
    for (const Tensor& input : inputs)
      if (const auto name = names.find(input.node().get()); own.empty() && name != names.end())
        own = layer_of(name->second);
    if (!own.empty()) layer = own;
    if (first && is_float(y.dtype()) && !is_finite(y))
      found = (own.empty() ? "a result after " + layer : "the output of " + layer) + " (" + op + ")";
  });
  cross_entropy(model(batch.images.to(model.device())), batch.labels.to(model.device()));
  return found.empty() ? "the loss alone" : found;
}

}  // namespace radial::apps
