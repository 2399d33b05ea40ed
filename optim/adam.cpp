#include "optim/adam.h"

#include <cmath>

#include "optim/update.h"

namespace radial {

namespace {

template <class Options>
void check_options(const char* name, const Options& o) {
  check(o.lr >= 0 && o.weight_decay >= 0 && o.eps >= 0, name, ": lr ", o.lr, ", eps ", o.eps, " and weight decay ",
        o.weight_decay, " must not be negative");
  check(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1, name, ": betas ", o.beta1, " and ", o.beta2,
        " must be in [0, 1)");
}

template <class Options>
AdamFormula<double> formula_of(const Options& o, int64_t step, double coupled_decay, bool nesterov) {
  const double bias2 = 1 - std::pow(o.beta2, static_cast<double>(step));
  return {o.beta1, o.beta2, 1 - o.beta1, 1 - o.beta2, 1 / std::sqrt(bias2), o.eps, coupled_decay, nesterov};
}

// lr / (1 - beta1^t)
template <class Options>
double step_length(const Options& o, double lr, int64_t step) {
  return lr / (1 - std::pow(o.beta1, static_cast<double>(step)));
}

}  // namespace

Adam::Adam(const std::vector<Group<AdamOptions>>& groups) : GroupedOptimizer(groups) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    check_options(options_[i].decoupled ? "adamw" : "adam", options_[i]);
    add_state(i, 0, "exp_avg");
    add_state(i, 1, "exp_avg_sq");
  }
}

UpdateRule Adam::rule(size_t slot) const {
  const AdamOptions& o = options_[slot];
  const double lr = o.lr * lr_factor_;
  return {.formula = formula_of(o, slots_[slot].steps, o.decoupled ? 0 : o.weight_decay, false),
          .lr = step_length(o, lr, slots_[slot].steps),
          .decay = o.decoupled ? lr * o.weight_decay : 0};
}

AdamP::AdamP(const std::vector<Group<AdamPOptions>>& groups) : GroupedOptimizer(groups) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    check_options("adamp", options_[i]);
    add_state(i, 0, "exp_avg");
    add_state(i, 1, "exp_avg_sq");
  }
}

UpdateRule AdamP::rule(size_t slot) const {
  const AdamPOptions& o = options_[slot];
  const double lr = o.lr * lr_factor_;
  return {.formula = formula_of(o, slots_[slot].steps, 0, o.nesterov),
          .lr = step_length(o, lr, slots_[slot].steps),
          .decay = lr * o.weight_decay,
          .projection = o.projection};
}

}  // namespace radial
