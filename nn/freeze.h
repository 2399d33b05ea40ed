// Parameters that are not trained.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "nn/module.h"

namespace radial {

// Parameters whose name fits a pattern (nn/name_pattern.h) need no gradient from now on: nothing is computed for them,
// and nothing for what lies before them. A batch norm whose weight is among them uses and keeps its running statistics.
// Returns their names. Throws Error(usage) for a pattern that fits nothing. Optimizers are made afterwards, of what is
// trainable.
std::vector<std::string> freeze(Module& module, std::span<const std::string> patterns);

// The parameters that need a gradient: what an optimizer takes.
std::vector<NamedTensor> trainable(Module& module);

// While one lives, no parameter of the module needs a gradient: for the gradient of its input (an attack). Afterwards
// those that did do so again, with the gradients that they had. In between the module must not move, nor be converted.
class NoParameterGradients {
 public:
  explicit NoParameterGradients(Module& module);
  ~NoParameterGradients();
  NoParameterGradients(const NoParameterGradients&) = delete;
  NoParameterGradients& operator=(const NoParameterGradients&) = delete;

 private:
  std::vector<std::pair<Tensor*, Tensor>> before_;  // a parameter and its handle with the gradient
};

}  // namespace radial
