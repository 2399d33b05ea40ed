#include "nn/freeze.h"

#include <algorithm>

#include "nn/name_pattern.h"
#include "nn/norms.h"

namespace radial {

namespace {

struct Freezing : Visitor {
  explicit Freezing(std::span<const std::string> chosen) : patterns(chosen) {}
  std::span<const std::string> patterns;
  std::vector<std::string> frozen;
  std::vector<BatchNorm*> norms;

  void on_parameter(const std::string& name, Tensor& tensor, Kind) override {
    if (!fits_any(name, patterns)) return;
    tensor = tensor.detach();
    frozen.push_back(name);
  }
  void on_module(const std::string&, Module& module) override { add(module); }
  void add(Module& module) {
    if (auto* norm = dynamic_cast<BatchNorm*>(&module)) norms.push_back(norm);
  }
};

struct Handles : Visitor {
  std::vector<Tensor*> list;
  void on_parameter(const std::string&, Tensor& tensor, Kind) override { list.push_back(&tensor); }
};

bool weight_is_frozen(BatchNorm& norm) { return !norm.parameters().front().tensor.requires_grad(); }

}  // namespace

std::vector<std::string> freeze(Module& module, std::span<const std::string> patterns) {
  std::vector<std::string> names;
  for (const NamedTensor& parameter : module.parameters()) names.push_back(parameter.name);
  check_patterns("freeze:", patterns, names);
  Freezing freezing(patterns);
  freezing.add(module);
  module.visit(freezing);
  for (BatchNorm* norm : freezing.norms)
    if (weight_is_frozen(*norm)) norm->freeze();
  return std::move(freezing.frozen);
}

std::vector<NamedTensor> trainable(Module& module) {
  std::vector<NamedTensor> parameters = module.parameters();
  std::erase_if(parameters, [](const NamedTensor& parameter) { return !parameter.tensor.requires_grad(); });
  return parameters;
}

NoParameterGradients::NoParameterGradients(Module& module) {
  Handles handles;
  module.visit(handles);
  for (Tensor* parameter : handles.list) before_.emplace_back(parameter, *parameter);
  for (Tensor* parameter : handles.list) *parameter = parameter->detach();
}

NoParameterGradients::~NoParameterGradients() {
  for (auto& [parameter, before] : before_) *parameter = std::move(before);
}

}  // namespace radial
