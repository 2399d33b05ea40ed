// Module: a tree of parameters. Layer: a module that makes one tensor of another. Each lists its members once, in
// visit(); names, parameters, buffers, counting, saving and loading all come from that list. Modules are move-only: a
// copy would share weights silently.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/named_tensor.h"
#include "core/tensor.h"

namespace radial {

class Initial;
class Module;

// What visit() is called with. Names are relative to the module and get the path of their parents:
// "layer1.0.conv1.weight".
class Visitor {
 public:
  virtual ~Visitor() = default;
  void parameter(const std::string& name, Tensor& tensor, Kind kind) { on_parameter(path_ + name, tensor, kind); }
  void buffer(const std::string& name, Tensor& tensor) { on_buffer(path_ + name, tensor); }
  void module(const std::string& name, Module& child);
  // A child whose names get no prefix: "layer1.0.conv1.weight" of the backbone of a classifier.
  void nameless(Module& child);

 protected:
  virtual void on_parameter(const std::string& /*name*/, Tensor& /*tensor*/, Kind /*kind*/) {}
  virtual void on_buffer(const std::string& /*name*/, Tensor& /*tensor*/) {}
  virtual void on_module(const std::string& /*prefix*/, Module& /*module*/) {}  // of its names: "layer1.0."
  int depth() const { return depth_; }  // modules above the tensor or module that is visited: 0 for a child

 private:
  std::string path_;
  int depth_ = 0;
};

// What a module computes is its own affair: a detector makes boxes of pictures, a pair of networks two predictions.
class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module(Module&&) = default;
  Module& operator=(Module&&) = default;
  virtual ~Module() = default;

  // Lists parameters, buffers and child modules.
  virtual void visit(Visitor& visitor) = 0;

  // Training or evaluation, for this and all child modules: batch norm's statistics depend on it. A module that is to
  // stay as it is (BatchNorm::freeze()), or to keep its children so, overrides it.
  virtual void train(bool on = true);
  void eval() { train(false); }
  bool training() const { return training_; }

  // Called by initialise() of nn/init.h, children first, when all parameters have their usual initial values. For
  // modules with parameters (their own or their children's) that begin with other values, and with buffers that a
  // training writes. Buffers that never change (a mask, say) need nothing.
  virtual void initialise(const Initial& /*initial*/) {}

  // Converts parameters and buffers (float32, float64), or moves them; what is frozen stays so (nn/freeze.h).
  // Afterwards optimizers must be made anew.
  void to(DType dtype);
  void to(Device device);
  Device device();  // of the first parameter; the CPU if there is none

  std::vector<NamedTensor> parameters();  // handles that share data and gradient with the module's
  std::vector<NamedTensor> buffers();     // kind buffer
  int64_t parameter_count();
  void zero_grad();

 private:
  friend class EvaluationMode;
  bool training_ = true;
};

// A module that makes one tensor of another.
class Layer : public Module {
 public:
  virtual Tensor forward(const Tensor& x) = 0;
  Tensor operator()(const Tensor& x) { return forward(x); }
};

// While one lives, the model and all its modules are in evaluation; then each is as it was before.
class EvaluationMode {
 public:
  explicit EvaluationMode(Module& model);
  ~EvaluationMode();
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  std::vector<std::pair<Module*, bool>> before_;
};

}  // namespace radial
