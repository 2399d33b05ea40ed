// The eager tape. An op computes its result and calls record(); backward() runs the recorded lambdas in descending
// order of their ids, which is a reverse topological order: no recursion. Activations are freed as backward goes.
// No double backward.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace radial {

class Grads;
// Computes the gradients of the inputs from dy, the gradient of the output, and hands them to `grads`.
using Backward = std::function<void(const Tensor& dy, Grads& grads)>;
// The same for an op of several outputs: one dy an output, undefined where nothing that the loss depends on used it.
using BackwardOfSeveral = std::function<void(std::span<const Tensor> dy, Grads& grads)>;

// What the tape knows of a tensor. The outputs of an op of several have a node each, and one in common below them,
// which is no tensor's: there their gradients meet.
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
  bool joint = false;                             // the node in common of several outputs
  Shape shape;                                    // of the output, so of its gradient
  DType dtype = DType::f32;
  Device device;
  Tensor grad;
  std::vector<std::pair<uint64_t, GradientHook>> hooks;  // by number, in the order they were added
  uint64_t last_hook = 0;                                // its number; none is given twice
};

// Where the gradients of the inputs of one node go. i counts the inputs as given to record().
class Grads {
 public:
  struct Pass;  // one run of the tape
  explicit Grads(GradNode& node, Pass* pass = nullptr) : node_(node), pass_(pass) {}

  bool needs(size_t i) const;

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
  Tensor& gradient_of(GradNode& input) const;

  GradNode& node_;
  Pass* pass_;
};

// The handle of an op's output: y itself if no input needs a gradient (or under NoGrad), else y with a node.
Tensor record(const char* op, const Tensor& y, std::span<const Tensor> inputs, Backward backward);
inline Tensor record(const char* op, const Tensor& y, std::initializer_list<Tensor> inputs, Backward backward) {
  return record(op, y, std::span(inputs.begin(), inputs.size()), std::move(backward));
}
// The handles of the outputs of an op of several, as split. Those whose dtype carries no gradient (indices) come
// back as they are; their dy is undefined. The backward is called once, if there is a gradient of at least one.
std::vector<Tensor> record(const char* op, std::span<const Tensor> outputs, std::span<const Tensor> inputs,
                           BackwardOfSeveral backward);

// Runs the tape from a scalar loss. Gradients of leaves add up over calls until zero_grad().
// Throws if the loss needs no gradient, has more than one element, or if its graph was already used.
void backward(const Tensor& loss);

// The gradients of a scalar loss with respect to tensors that need one: leaves, or what was computed on the way. No
// grad() of a leaf is touched, and nothing is computed but what these gradients need; that part of the graph is used up
// afterwards. A tensor that the loss does not depend on gets an undefined gradient. Throws as backward(), and if one of
// the inputs needs no gradient.
std::vector<Tensor> grad(const Tensor& loss, std::span<const Tensor> inputs);
inline std::vector<Tensor> grad(const Tensor& loss, std::initializer_list<Tensor> inputs) {
  return grad(loss, std::span(inputs.begin(), inputs.size()));
}

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
// called, the youngest first; ops that the functions call themselves are seen by none. Of an op of several outputs each
// is told.
class ForwardObserver {
 public:
  using Function = std::function<void(const char* op, const Tensor& y, std::span<const Tensor> inputs)>;
  explicit ForwardObserver(Function function);
  ~ForwardObserver();
  ForwardObserver(const ForwardObserver&) = delete;
  ForwardObserver& operator=(const ForwardObserver&) = delete;

 private:
  static void tell_all(const char* op, std::span<const Tensor> outputs, std::span<const Tensor> inputs);

  Function function_;
  ForwardObserver* before_;
  friend bool observed_and_recorded(const char*, std::span<const Tensor>, std::span<const Tensor>);
};

}  // namespace radial
