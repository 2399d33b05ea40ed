// Optimizers by name, from one flat struct as the command line has it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/options.h"
#include "optim/optimizer.h"
#include "optim/options.h"

namespace radial {

struct OptimizerOptions {
  std::string name = "sgd";  // gd (sgd without momentum), sgd, sgdp, adam, adamw, adamp
  double lr = 0.1;
  std::optional<double> momentum = {};  // sgd, sgdp: 0.9
  double dampening = 0;                 // sgd, sgdp
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  std::optional<double> weight_decay = {};  // 0; adamw: 0.01
  ProjectionOptions projection = {};        // its eps is not used: `eps` above is
  bool projected_buffer = false;
  std::vector<std::string> no_decay = {};  // kinds (conv, linear, norm, bias) or parts of names without weight decay
};

// By what the learning rate of a parameter is multiplied, by its name; 1 where it is not named.
using LrFactors = std::map<std::string, double>;

std::vector<std::string> optimizer_names();

void list_options(OptionList& list, OptimizerOptions& options);

// Fills in momentum and weight decay. Throws Error(usage) for a momentum of gd, which has none.
void resolve(OptimizerOptions& options);

// Throws Error(usage) for an unknown name, an option out of its range, or a no_decay that fits no parameter.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, const std::vector<NamedTensor>& params,
                                          const LrFactors& lr_factors = {});

}  // namespace radial
