// The eager tape. An op computes its result and calls record(); backward() runs the recorded lambdas in descending
// order of their ids, which is a reverse topological order: no recursion. Activations are freed as backward goes.
// No double backward.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace radial {

class Grads;
// Computes the gradients of the inputs from dy, the gradient of the output, and hands them to `grads`.
using Backward = std::function<void(const Tensor& dy, Grads& grads)>;

struct GradNode {
  GradNode() = default;
  ~GradNode();  // frees a chain of nodes in a loop: a graph that backward never used may be deeper than the stack
  GradNode(const GradNode&) = delete;
  GradNode& operator=(const GradNode&) = delete;

  const char* op = "leaf";
  uint64_t id = 0;
  std::vector<std::shared_ptr<GradNode>> inputs;  // null where an input needs no gradient
  Backward backward;                              // empty for a leaf
  bool used = false;                              // backward has run
  Shape shape;                                    // of the output, so of its gradient
  DType dtype = DType::f32;
  Device device;
  Tensor grad;
};

// Where the gradients of the inputs of one node go. i counts the inputs as given to record().
class Grads {
 public:
  explicit Grads(GradNode& node) : node_(node) {}

  bool needs(size_t i) const { return node_.inputs[i] != nullptr; }

  // For kernels that can add to what is there: target has the input's shape; its values are uninitialised unless
  // accumulate. So the accumulation of several uses of a tensor is no extra pass over memory. Fill a sink before asking
  // for the next one if two inputs may be one tensor.
  struct Sink {
    Tensor target;
    bool accumulate = false;
  };
  Sink sink(size_t i);

  // As sink, but the target may be dy itself, where nobody else holds it: for kernels that read dy[j] for the last time
  // before they write target[j]. It spares a pass over fresh memory.
  Sink sink_over(size_t i, const Tensor& dy);

  // Hands over a finished gradient, which may share storage with others (dy itself, say).
  void give(size_t i, const Tensor& gradient);

 private:
  GradNode& node_;
};

// The handle of an op's output: y itself if no input needs a gradient (or under NoGrad), else y with a node.
Tensor record(const char* op, const Tensor& y, std::initializer_list<Tensor> inputs, Backward backward);

// Runs the tape from a scalar loss. Gradients of leaves add up over calls until zero_grad().
// Throws if the loss needs no gradient, has more than one element, or if its graph was already used.
void backward(const Tensor& loss);

// While one lives, ops of this thread record nothing.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};
bool grad_enabled();

// While one lives, each op of this thread calls the function with its name, output and inputs right after the
// forward computation: to find the first layer with a non-finite value, or to list shapes. Of several that live all are
// called, the youngest first; ops that the functions call themselves are seen by none.
class ForwardObserver {
 public:
  using Function = std::function<void(const char* op, const Tensor& y, std::span<const Tensor> inputs)>;
  explicit ForwardObserver(Function function);
  ~ForwardObserver();
  ForwardObserver(const ForwardObserver&) = delete;
  ForwardObserver& operator=(const ForwardObserver&) = delete;

 private:
  static void tell_all(const char* op, const Tensor& y, std::span<const Tensor> inputs);

  Function function_;
  ForwardObserver* before_;
  friend Tensor record(const char*, const Tensor&, std::initializer_list<Tensor>, Backward);
};

}  // namespace radial
