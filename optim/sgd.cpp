#include "optim/sgd.h"

#include "optim/update.h"

namespace radial {

SGD::SGD(const std::vector<Group<SGDOptions>>& groups) : GroupedOptimizer(groups) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    const SGDOptions& o = options_[i];
    check(o.lr >= 0 && o.weight_decay >= 0 && o.momentum >= 0, "sgd: lr ", o.lr, ", momentum ", o.momentum,
          " and weight decay ", o.weight_decay, " must not be negative");
    check(!o.nesterov || (o.momentum > 0 && o.dampening == 0),
          "sgd: Nesterov needs momentum and no dampening (momentum ", o.momentum, ", dampening ", o.dampening, ")");
    if (o.momentum != 0) add_state(i, 0, "momentum");
  }
}

UpdateRule SGD::rule(size_t slot) const {
  const SGDOptions& o = options_[slot];
  const double lr = o.lr * lr_factor_;
  if (o.momentum == 0) return {.formula = PlainFormula<double>{o.weight_decay}, .lr = lr};
  const double gain = slots_[slot].steps == 1 ? 1 : 1 - o.dampening;  // the first buffer is the gradient itself
  return {.formula = MomentumFormula<double>{o.momentum, gain, o.weight_decay, o.nesterov}, .lr = lr};
}

SGDP::SGDP(const std::vector<Group<SGDPOptions>>& groups) : GroupedOptimizer(groups) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    const SGDPOptions& o = options_[i];
    check(o.lr >= 0 && o.weight_decay >= 0 && o.momentum >= 0 && o.momentum < 1, "sgdp: lr ", o.lr, ", momentum ",
          o.momentum, " and weight decay ", o.weight_decay, " must not be negative, and momentum below 1");
    add_state(i, 0, "momentum");
  }
}

UpdateRule SGDP::rule(size_t slot) const {
  const SGDPOptions& o = options_[slot];
  const double lr = o.lr * lr_factor_;
  return {.formula = MomentumFormula<double>{o.momentum, 1 - o.dampening, 0, o.nesterov},
          .lr = lr,
          .decay = lr * o.weight_decay / (1 - o.momentum),
          .projection = o.projection,
          .write_back = o.projected_buffer && !o.nesterov};
}

}  // namespace radial
