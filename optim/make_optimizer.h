// Optimizers by name, from one flat struct as the command line has it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "optim/optimizer.h"
#include "optim/options.h"

namespace radial {

struct OptimizerOptions {
  std::string name = "sgd";  // gd (sgd without momentum), sgd, sgdp, adam, adamw, adamp
  double lr = 0.1;
  double momentum = 0.9, dampening = 0;  // sgd, sgdp
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double weight_decay = 0;
  ProjectionOptions projection = {};  // its eps is not used: `eps` above is
  bool projected_buffer = false;
  std::vector<std::string> no_decay = {};  // kinds (conv, linear, norm, bias) or parts of names without weight decay
};

std::vector<std::string> optimizer_names();
ProjectionTest projection_test_from(const std::string& name);  // cosine, printed, always

// Throws Error(usage) for an unknown name, an option out of its range, or a no_decay that fits no parameter.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, const std::vector<NamedTensor>& params);

}  // namespace radial
