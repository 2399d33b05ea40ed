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
  }
}

void Optimizer::step() {
  ++steps_;
  for (StepObserver* observer : observers_) observer->before_step(steps_, slots_);
  update();
  for (StepObserver* observer : observers_) observer->after_step(steps_, slots_);
}

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.param.tensor.zero_grad();
}

}  // namespace radial
