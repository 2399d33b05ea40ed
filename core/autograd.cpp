#include "core/autograd.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <new>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/kernels.h"
#include "core/untracked.h"

namespace radial {

namespace {
std::atomic<uint64_t> last_id{0};
thread_local bool recording = true;
thread_local ForwardObserver* forward_observer = nullptr;
}  // namespace

GradNode::~GradNode() {
  std::vector<std::shared_ptr<GradNode>> orphans = std::move(inputs);
  while (!orphans.empty()) {
    const std::shared_ptr<GradNode> node = std::move(orphans.back());
    orphans.pop_back();
    if (node.use_count() != 1) continue;  // null, or still in use
    try {
      const size_t needed = orphans.size() + node->inputs.size();
      if (needed > orphans.capacity()) orphans.reserve(2 * needed);
    } catch (const std::bad_alloc&) {  // then it frees its own, deeper in the stack
      continue;
    }
    orphans.insert(orphans.end(), std::make_move_iterator(node->inputs.begin()),
                   std::make_move_iterator(node->inputs.end()));
    node->inputs.clear();
  }
}

Tensor with_node(const Tensor& data, std::shared_ptr<GradNode> node) {
  Tensor tensor = data;
  tensor.node_ = std::move(node);
  return tensor;
}

void ForwardObserver::tell_all(const char* op, std::span<const Tensor> outputs, std::span<const Tensor> inputs) {
  // What an observer computes itself is not observed.
  struct Pause {
    ForwardObserver* first = std::exchange(forward_observer, nullptr);
    ~Pause() { forward_observer = first; }
  } const pause;
  for (const Tensor& y : outputs)
    for (const ForwardObserver* observer = pause.first; observer; observer = observer->before_)
      observer->function_(op, y, inputs);
}

// Tells the observers. True if the op must be recorded.
bool observed_and_recorded(const char* op, std::span<const Tensor> outputs, std::span<const Tensor> inputs) {
  if (forward_observer) ForwardObserver::tell_all(op, outputs, inputs);
  return recording && std::ranges::any_of(inputs, &Tensor::requires_grad);
}

namespace {

std::shared_ptr<GradNode> new_node(const char* op, Backward backward) {
  auto node = std::make_shared<GradNode>();
  node->op = op;
  node->id = ++last_id;
  node->backward = std::move(backward);
  return node;
}

Tensor as_output(const Tensor& y, std::shared_ptr<GradNode> node) {
  node->shape = y.shape();
  node->dtype = y.dtype();
  node->device = y.device();
  return with_node(y, std::move(node));
}

}  // namespace

Tensor record(const char* op, const Tensor& y, std::span<const Tensor> inputs, Backward backward) {
  if (!observed_and_recorded(op, std::span(&y, 1), inputs)) return y;
  auto node = new_node(op, std::move(backward));
  for (const Tensor& input : inputs) node->inputs.push_back(input.node());
  return as_output(y, std::move(node));
}

std::vector<Tensor> record(const char* op, std::span<const Tensor> outputs, std::span<const Tensor> inputs,
                           BackwardOfSeveral backward) {
  std::vector<Tensor> handles(outputs.begin(), outputs.end());
  if (!observed_and_recorded(op, outputs, inputs)) return handles;
  // The node of each output has a greater id than the joint, so all of them leave their gradients before it runs.
  const auto gradients = std::make_shared<std::vector<Tensor>>(outputs.size());
  const auto joint = new_node(op, [gradients, backward = std::move(backward)](const Tensor&, Grads& grads) {
    std::vector<Tensor> dy(gradients->size());
    dy.swap(*gradients);
    if (std::ranges::any_of(dy, &Tensor::defined)) backward(dy, grads);
  });
  joint->joint = true;
  for (const Tensor& input : inputs) joint->inputs.push_back(input.node());
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!is_float(outputs[i].dtype())) continue;
    auto node = new_node(op, [gradients, i](const Tensor& dy, Grads&) { (*gradients)[i] = dy; });
    node->inputs.push_back(joint);
    handles[i] = as_output(outputs[i], std::move(node));
  }
  return handles;
}

struct Grads::Pass {
  // Of grad(): what comes back, by node, and all nodes on the way from the loss there.
  bool restricted = false;
  std::unordered_map<const GradNode*, Tensor> results;
  std::unordered_set<const GradNode*> wanted;
  // The gradients of this pass of leaves that must not add them up themselves.
  std::unordered_map<const GradNode*, Tensor> of_leaves;

  bool wants(const GradNode& node) const { return !restricted || wanted.contains(&node); }
  Tensor& gradient_of(GradNode& node) {
    return node.id == 0 && (restricted || !node.hooks.empty()) ? of_leaves[&node] : node.grad;
  }

  void restrict_to(const Tensor& loss, std::span<const Tensor> inputs);
  Tensor complete(const GradNode& node, Tensor gradient);
  void finish_leaf(GradNode& leaf);
  void run(const char* caller, const Tensor& loss);
};

bool Grads::needs(size_t i) const {
  const GradNode* input = node_.inputs[i].get();
  return input != nullptr && (pass_ == nullptr || pass_->wants(*input));
}

Tensor& Grads::gradient_of(GradNode& input) const { return pass_ == nullptr ? input.grad : pass_->gradient_of(input); }

Grads::Sink Grads::sink(size_t i) {
  GradNode& input = *node_.inputs[i];
  Tensor& gradient = gradient_of(input);
  if (!gradient) {
    gradient = Tensor::empty(input.shape, input.dtype, input.device);
    return {gradient, false};
  }
  if (!gradient.sole_owner()) gradient = Untracked::clone(gradient);
  return {gradient, true};
}

Grads::Sink Grads::sink_over(size_t i, const Tensor& dy) {
  GradNode& input = *node_.inputs[i];
  Tensor& gradient = gradient_of(input);
  if (gradient || !dy.sole_owner() || dy.shape() != input.shape) return sink(i);
  gradient = dy;
  return {gradient, false};
}

void Grads::give(size_t i, const Tensor& gradient) {
  GradNode& input = *node_.inputs[i];
  check(gradient.shape() == input.shape && gradient.dtype() == input.dtype, ErrorKind::internal, node_.op,
        ": gradient of input ", i, " is ", gradient.shape(), " but the input is ", input.shape);
  if (Tensor& so_far = gradient_of(input); !so_far) {
    // Who changes a leaf's gradient (clips it, say) must not change another's.
    so_far = input.id == 0 && !gradient.sole_owner() ? Untracked::clone(gradient) : gradient.detach();
    return;
  }
  auto [target, accumulate] = sink(i);
  kernels::accumulate(target, gradient, 1.0);
}

// The gradient as the node's hooks leave it, which is also what grad() returns.
Tensor Grads::Pass::complete(const GradNode& node, Tensor gradient) {
  const auto hooks = node.hooks;  // one may take itself away
  for (const auto& [number, hook] : hooks) {
    const Tensor replaced = hook(gradient);
    if (!replaced) continue;
    check(replaced.shape() == node.shape && replaced.dtype() == node.dtype && replaced.device() == node.device,
          "gradient hook: got ", name_of(replaced.dtype()), " ", replaced.shape(), " on ", replaced.device(),
          " for the gradient of ", name_of(node.dtype), " ", node.shape, " on ", node.device, " (", node.op, ")");
    gradient = replaced.detach();
  }
  if (const auto result = results.find(&node); result != results.end()) result->second = gradient;
  return gradient;
}

void Grads::Pass::finish_leaf(GradNode& leaf) {
  const auto found = of_leaves.find(&leaf);
  if (found == of_leaves.end()) return;  // it added up by itself, or another user of it came before
  const Tensor gradient = complete(leaf, std::exchange(found->second, {}));
  of_leaves.erase(found);
  if (restricted) return;
  if (leaf.grad) {
    if (!leaf.grad.sole_owner()) leaf.grad = Untracked::clone(leaf.grad);
    kernels::accumulate(leaf.grad, gradient, 1.0);
  } else {
    leaf.grad = gradient.sole_owner() ? gradient : Untracked::clone(gradient);
  }
}

void Grads::Pass::restrict_to(const Tensor& loss, std::span<const Tensor> inputs) {
  restricted = true;
  for (size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].requires_grad(), "grad: input ", i, ", ", inputs[i].shape(), ", needs no gradient");
    results.emplace(inputs[i].node().get(), Tensor());
  }
  std::vector<const GradNode*> nodes{loss.node().get()};
  std::unordered_set<const GradNode*> seen{nodes[0]};
  const GradNode* used = nullptr;  // what led on from here is not known any more
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i]->used) used = nodes[i];
    for (const auto& input : nodes[i]->inputs)
      if (input && seen.insert(input.get()).second) nodes.push_back(input.get());
  }
  std::ranges::sort(nodes, {}, &GradNode::id);  // inputs before their users
  for (const GradNode* node : nodes)
    if (results.contains(node) ||
        std::ranges::any_of(node->inputs, [&](const auto& input) { return input && wanted.contains(input.get()); }))
      wanted.insert(node);
  const bool all_found = std::ranges::all_of(results, [&](const auto& result) { return seen.contains(result.first); });
  check(used == nullptr || (all_found && !wanted.contains(used)), "grad: this graph was already used (",
        used == nullptr ? "" : used->op, "); run forward again");
}

void Grads::Pass::run(const char* caller, const Tensor& loss) {
  const NoGrad no_grad;
  // An input's id is always smaller than its user's, so descending ids visit each node after all of its users.
  const auto later = [](const auto& a, const auto& b) { return a->id < b->id; };
  std::priority_queue<std::shared_ptr<GradNode>, std::vector<std::shared_ptr<GradNode>>, decltype(later)> queue(later);

  if (!wants(*loss.node())) return;
  Tensor& gradient = gradient_of(*loss.node());
  const Tensor before = gradient;  // defined only if the loss is itself a leaf
  gradient = Tensor::full(loss.shape(), 1, loss.dtype(), loss.device());
  if (before) kernels::accumulate(gradient, before, 1.0);
  queue.push(loss.node());
  // A pass that fails leaves nothing behind that a later one would find: what has come to nodes on the way goes.
  struct Cleanup {
    decltype(queue)& nodes;
    ~Cleanup() {
      for (; !nodes.empty(); nodes.pop())
        if (nodes.top()->id != 0) nodes.top()->grad = {};
    }
  } const cleanup{queue};
  uint64_t last = 0;
  while (!queue.empty()) {
    const std::shared_ptr<GradNode> node = queue.top();
    queue.pop();
    if (node->id == 0) {  // all that is left are leaves
      finish_leaf(*node);
      continue;
    }
    if (node->id == last) continue;  // several users pushed it
    last = node->id;
    check(!node->used, caller, ": this graph was already used (", node->op, "); run forward again");
    const Tensor dy = node->grad ? complete(*node, std::exchange(node->grad, {})) : Tensor();
    Grads grads(*node, this);
    bool goes_on = false;
    for (size_t i = 0; i < node->inputs.size(); ++i) goes_on |= grads.needs(i);
    if (!goes_on) continue;  // what grad() was asked for, and nothing below it

    node->used = true;
    if (dy || node->joint) node->backward(dy, grads);  // neither: no user sent a gradient
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      if (grads.needs(i)) queue.push(node->inputs[i]);
    }
    node->backward = nullptr;  // frees what it captured
    node->inputs.clear();
  }
}

void backward(const Tensor& loss) {
  check(loss.requires_grad(), "backward: the loss needs no gradient: nothing that it was computed from does");
  check(loss.numel() == 1, "backward: the loss must be a scalar but is ", loss.shape());
  Grads::Pass().run("backward", loss);
}

std::vector<Tensor> grad(const Tensor& loss, std::span<const Tensor> inputs) {
  check(loss.requires_grad(), "grad: the loss needs no gradient: nothing that it was computed from does");
  check(loss.numel() == 1, "grad: the loss must be a scalar but is ", loss.shape());
  Grads::Pass pass;
  pass.restrict_to(loss, inputs);
  pass.run("grad", loss);
  std::vector<Tensor> gradients;
  for (const Tensor& input : inputs) gradients.push_back(pass.results.at(input.node().get()));
  return gradients;
}

NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }
bool grad_enabled() { return recording; }

ForwardObserver::ForwardObserver(Function function) : function_(std::move(function)), before_(forward_observer) {
  forward_observer = this;
}
ForwardObserver::~ForwardObserver() { forward_observer = before_; }

}  // namespace radial
