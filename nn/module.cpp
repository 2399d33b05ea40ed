#include "nn/module.h"

#include "core/autograd.h"

namespace radial {

void Visitor::module(const std::string& name, Module& child) {
  const size_t before = path_.size();
  path_ += name + ".";
  nameless(child);
  path_.resize(before);
}

void Visitor::nameless(Module& child) {
  on_module(path_, child);
  ++depth_;
  child.visit(*this);
  --depth_;
}

namespace {

struct ParameterList : Visitor {
  std::vector<NamedTensor> list;
  void on_parameter(const std::string& name, Tensor& tensor, Kind kind) override {
    list.push_back({name, tensor, kind});
  }
};

struct BufferList : Visitor {
  std::vector<NamedTensor> list;
  void on_buffer(const std::string& name, Tensor& tensor) override { list.push_back({name, tensor, Kind::buffer}); }
};

struct ModuleList : Visitor {
  std::vector<Module*> all, children;
  void on_module(const std::string&, Module& module) override {
    all.push_back(&module);
    if (depth() == 0) children.push_back(&module);
  }
};

// Puts convert(tensor) in the place of each tensor.
template <class Convert>
struct Conversion : Visitor {
  explicit Conversion(Convert f) : convert(std::move(f)) {}
  Convert convert;
  void on_parameter(const std::string&, Tensor& tensor, Kind) override {
    const Tensor converted = convert(tensor);
    if (converted.shares_storage_with(tensor)) return;  // keeps the gradient
    const bool frozen = !tensor.requires_grad();
    tensor = converted;
    if (!frozen) tensor.set_requires_grad();
  }
  void on_buffer(const std::string&, Tensor& tensor) override { tensor = convert(tensor); }
};

}  // namespace

void Module::train(bool on) {
  ModuleList modules;
  visit(modules);
  training_ = on;
  for (Module* child : modules.children) child->train(on);
}

EvaluationMode::EvaluationMode(Module& model) {
  ModuleList modules;
  model.visit(modules);
  before_.emplace_back(&model, model.training());
  for (Module* module : modules.all) before_.emplace_back(module, module->training());
  for (const auto& [module, training] : before_) module->training_ = false;
}

EvaluationMode::~EvaluationMode() {
  for (const auto& [module, training] : before_) module->training_ = training;
}

void Module::to(DType dtype) {
  check(dtype == DType::f32 || dtype == DType::f64, "module: weights are float32 or float64, not ", name_of(dtype));
  Conversion conversion(
      [dtype](const Tensor& tensor) { return is_float(tensor.dtype()) ? tensor.detach().to(dtype) : tensor; });
  visit(conversion);
}

void Module::to(Device device) {
  Conversion conversion([device](const Tensor& tensor) { return tensor.detach().to(device); });
  visit(conversion);
}

Device Module::device() {
  const std::vector<NamedTensor> all = parameters();
  return all.empty() ? Device{} : all[0].tensor.device();
}

std::vector<NamedTensor> Module::parameters() {
  ParameterList parameters;
  visit(parameters);
  return std::move(parameters.list);
}

std::vector<NamedTensor> Module::buffers() {
  BufferList buffers;
  visit(buffers);
  return std::move(buffers.list);
}

int64_t Module::parameter_count() {
  int64_t count = 0;
  for (const NamedTensor& parameter : parameters()) count += parameter.tensor.numel();
  return count;
}

void Module::zero_grad() {
  for (NamedTensor& parameter : parameters()) parameter.tensor.zero_grad();
}

}  // namespace radial
