#include "optim/optimizer.h"

#include <set>

namespace radial {

Optimizer::Optimizer(std::vector<NamedTensor> params) {
  std::set<const GradNode*> seen;
  for (NamedTensor& param : params) {
    check(param.tensor.requires_grad(), "optimizer: \"", param.name, "\" needs no gradient, so it cannot be trained");
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
    const auto& [param, state] = slots_[i];
    const Tensor gradient = param.tensor.grad();
    if (gradient) updates.push_back({param.tensor, gradient, state[0], state[1], rule(i), static_cast<int64_t>(i)});
  }
  kernels::update_parameters(decisions_, updates, kernel_memory_);
  for (StepObserver* observer : observers_) observer->after_step(*this);
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
