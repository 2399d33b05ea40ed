#include "core/autograd.h"

#include <atomic>
#include <iterator>
#include <new>
#include <queue>
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

void ForwardObserver::tell_all(const char* op, const Tensor& y, std::span<const Tensor> inputs) {
  // What an observer computes itself is not observed.
  struct Pause {
    ForwardObserver* first = std::exchange(forward_observer, nullptr);
    ~Pause() { forward_observer = first; }
  } const pause;
  for (const ForwardObserver* observer = pause.first; observer; observer = observer->before_)
    observer->function_(op, y, inputs);
}

Tensor record(const char* op, const Tensor& y, std::initializer_list<Tensor> inputs, Backward backward) {
  if (forward_observer) ForwardObserver::tell_all(op, y, std::span(inputs.begin(), inputs.size()));
  bool needed = false;
  for (const Tensor& input : inputs) needed |= input.requires_grad();
  if (!needed || !recording) return y;

  auto node = std::make_shared<GradNode>();
  node->op = op;
  node->id = ++last_id;
  for (const Tensor& input : inputs) node->inputs.push_back(input.node());
  node->backward = std::move(backward);
  node->shape = y.shape();
  node->dtype = y.dtype();
  node->device = y.device();
  return with_node(y, std::move(node));
}

Grads::Sink Grads::sink(size_t i) {
  GradNode& input = *node_.inputs[i];
  if (!input.grad) {
    input.grad = Tensor::empty(input.shape, input.dtype, input.device);
    return {input.grad, false};
  }
  if (!input.grad.sole_owner()) input.grad = Untracked::clone(input.grad);
  return {input.grad, true};
}

Grads::Sink Grads::sink_over(size_t i, const Tensor& dy) {
  GradNode& input = *node_.inputs[i];
  if (input.grad || !dy.sole_owner() || dy.shape() != input.shape) return sink(i);
  input.grad = dy;
  return {input.grad, false};
}

void Grads::give(size_t i, const Tensor& gradient) {
  GradNode& input = *node_.inputs[i];
  check(gradient.shape() == input.shape && gradient.dtype() == input.dtype, ErrorKind::internal, node_.op,
        ": gradient of input ", i, " is ", gradient.shape(), " but the input is ", input.shape);
  if (!input.grad) {
    input.grad = gradient.detach();
    return;
  }
  auto [target, accumulate] = sink(i);
  kernels::accumulate(target, gradient, 1.0);
}

void backward(const Tensor& loss) {
  check(loss.requires_grad(), "backward: the loss needs no gradient: nothing that it was computed from does");
  check(loss.numel() == 1, "backward: the loss must be a scalar but is ", loss.shape());
  const NoGrad no_grad;

  // An input's id is always smaller than its user's, so descending ids visit each node after all of its users.
  const auto later = [](const auto& a, const auto& b) { return a->id < b->id; };
  std::priority_queue<std::shared_ptr<GradNode>, std::vector<std::shared_ptr<GradNode>>, decltype(later)> queue(later);

  const Tensor before = loss.grad();  // defined only if the loss is itself a leaf
  loss.node()->grad = Tensor::full(loss.shape(), 1, loss.dtype(), loss.device());
  if (before) kernels::accumulate(loss.node()->grad, before, 1.0);
  queue.push(loss.node());
  uint64_t last = 0;
  while (!queue.empty()) {
    const std::shared_ptr<GradNode> node = queue.top();
    queue.pop();
    if (node->id == 0 || node->id == last) continue;  // a leaf, or a node that several users pushed
    last = node->id;
    check(!node->used, "backward: this graph was already used (", node->op, "); run forward again");
    node->used = true;

    if (node->grad) {  // none: no user sent a gradient
      Grads grads(*node);
      const Tensor dy = std::move(node->grad);
      node->grad = Tensor();
      node->backward(dy, grads);
    }
    for (const auto& input : node->inputs) {
      if (input) queue.push(input);
    }
    node->backward = nullptr;  // frees what it captured
    node->inputs.clear();
  }
}

NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }
bool grad_enabled() { return recording; }

ForwardObserver::ForwardObserver(Function function) : function_(std::move(function)), before_(forward_observer) {
  forward_observer = this;
}
ForwardObserver::~ForwardObserver() { forward_observer = before_; }

}  // namespace radial
