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

void SGD::update() {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].param.tensor.grad()) continue;
    const SGDOptions& o = options_[i];
    Tensor &s0 = states_[i][0], &s1 = states_[i][1];
    const UpdateOptions options{.lr = o.lr * lr_factor_};
    dispatch_float("sgd", slots_[i].param.tensor.dtype(), [&]<class T>() {
      const T decay = static_cast<T>(o.weight_decay);
      if (o.momentum == 0) {
        update_parameter<T>(slots_[i], s0, s1, PlainFormula<T>{decay}, options);
      } else {  // the first buffer is the gradient itself
        const double gain = steps_ == 1 ? 1 : 1 - o.dampening;
        const MomentumFormula<T> formula{static_cast<T>(o.momentum), static_cast<T>(gain), decay, o.nesterov};
        update_parameter<T>(slots_[i], s0, s1, formula, options);
      }
    });
  }
}

SGDP::SGDP(const std::vector<Group<SGDPOptions>>& groups) : GroupedOptimizer(groups) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    const SGDPOptions& o = options_[i];
    check(o.lr >= 0 && o.weight_decay >= 0 && o.momentum >= 0 && o.momentum < 1, "sgdp: lr ", o.lr, ", momentum ",
          o.momentum, " and weight decay ", o.weight_decay, " must not be negative, and momentum below 1");
    add_state(i, 0, "momentum");
  }
}

void SGDP::update() {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].param.tensor.grad()) continue;
    const SGDPOptions& o = options_[i];
    Tensor &s0 = states_[i][0], &s1 = states_[i][1];
    const double lr = o.lr * lr_factor_;
    const UpdateOptions options{.lr = lr,
                                .decay = lr * o.weight_decay / (1 - o.momentum),
                                .projection = &o.projection,
                                .write_back = o.projected_buffer && !o.nesterov};
    dispatch_float("sgdp", slots_[i].param.tensor.dtype(), [&]<class T>() {
      const MomentumFormula<T> formula{static_cast<T>(o.momentum), static_cast<T>(1 - o.dampening), T(0), o.nesterov};
      update_parameter<T>(slots_[i], s0, s1, formula, options);
    });
  }
}

}  // namespace radial
