#include "optim/optimizer.h"

#include <algorithm>
#include <set>

#include "core/autograd.h"
#include "optim/update.h"

namespace radial {

Optimizer::Optimizer(std::vector<NamedTensor> params) {
  std::set<const GradNode*> seen;
  for (NamedTensor& param : params) {
    check(param.tensor.requires_grad(), "optimizer: \"", param.name,
          "\" needs no gradient, so it cannot be trained; leave out what is frozen: trainable() of nn/freeze.h");
    check(param.tensor.is_leaf(), "optimizer: \"", param.name, "\" was computed from other tensors (",
          param.tensor.node()->op, ") and would never be stepped; give it a leaf: detach().set_requires_grad()");
    check(seen.insert(param.tensor.node().get()).second, "optimizer: parameter \"", param.name,
          "\" appears in two groups");
    slots_.push_back({std::move(param)});
    const Device device = slots_.back().param.tensor.device(), first = slots_.front().param.tensor.device();
    check(device == first, "optimizer: parameter \"", slots_.back().param.name, "\" is on ", device,
          " but the others are on ", first);
  }
  const Device device = slots_.empty() ? Device{} : slots_.front().param.tensor.device();
  decisions_ = Tensor::zeros({static_cast<int64_t>(slots_.size())}, DType::i32, device);
}

void Optimizer::step() {
  ++steps_;
  for (StepObserver* observer : observers_) observer->before_step(*this);
  std::vector<ParameterUpdate> updates;
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    const Tensor gradient = slot.param.tensor.grad();
    if (!gradient) continue;
    ++slot.steps;
    updates.push_back({slot.param.tensor, gradient, slot.state[0], slot.state[1], rule(i), static_cast<int64_t>(i)});
  }
  if (updates.size() < slots_.size()) decisions_.fill(0);  // nothing is decided where nothing is stepped
  kernels::update_parameters(decisions_, updates, kernel_memory_);
  for (StepObserver* observer : observers_) observer->after_step(*this);
}

std::map<std::string, int64_t> Optimizer::fewer_steps() const {
  std::map<std::string, int64_t> fewer;
  for (const Slot& slot : slots_)
    if (slot.steps < steps_) fewer[slot.param.name] = slot.steps;
  return fewer;
}

void Optimizer::set_steps(int64_t steps, const std::map<std::string, int64_t>& fewer) {
  check(steps >= 0, "optimizer: ", steps, " steps are less than none");
  for (const auto& [name, of_it] : fewer) {
    const bool known =
        std::any_of(slots_.begin(), slots_.end(), [&name = name](const Slot& slot) { return slot.param.name == name; });
    check(known, "optimizer: steps are given for \"", name, "\", which is none of its parameters");
    check(0 <= of_it && of_it <= steps, "optimizer: \"", name, "\" took ", of_it, " of ", steps, " steps");
  }
  steps_ = steps;
  for (Slot& slot : slots_) {
    const auto found = fewer.find(slot.param.name);
    slot.steps = found == fewer.end() ? steps : found->second;
  }
}

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.param.tensor.zero_grad();
}

std::vector<Projection> projections_from(const Tensor& decisions) {
  std::vector<Projection> projections;
  for (const double decision : decisions.to_vector())
    projections.push_back(static_cast<Projection>(static_cast<int32_t>(decision)));
  return projections;
}

}  // namespace radial
