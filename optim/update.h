// One step of all parameters: what every optimizer asks of the device. Optimizers differ in the rule alone.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/kernel.h"
#include "optim/formulas.h"
#include "optim/projection.h"

namespace radial {

// With numbers in double; they are rounded to the dtype of the parameter.
using Formula = std::variant<PlainFormula<double>, MomentumFormula<double>, AdamFormula<double>>;

// How a parameter is stepped in this step.
struct UpdateRule {
  Formula formula;
  double lr = 0;                                     // schedule and bias correction included
  double decay = 0;                                  // decoupled: w *= 1 - decay
  std::optional<ProjectionOptions> projection = {};  // one-dimensional tensors are never projected
  bool write_back = false;                           // the projected direction becomes s0 (released SGDP)
};

struct ParameterUpdate {
  Tensor w, g;    // g is read only
  Tensor s0, s1;  // undefined where the formula has no such state
  UpdateRule rule;
  int64_t index = 0;  // of the parameter in the optimizer
};

// Steps all parameters and sets decisions[index] of each to the Projection that it took; decisions i32. All tensors lie
// on one device, so that a device may take all parameters in a few launches. Throws Error(usage) where a device does
// not step parameters of a dtype: a GPU has float32 alone.
KERNEL(update_parameters, Tensor& decisions, std::vector<ParameterUpdate>& updates, KernelMemory& memory)

}  // namespace radial
