#include "optim/make_optimizer.h"

#include <algorithm>

#include "optim/adam.h"
#include "optim/sgd.h"

namespace radial {

namespace {

bool fits(const NamedTensor& param, const std::string& pattern) {
  return pattern == name_of(param.kind) || param.name.find(pattern) != std::string::npos;
}

// Two groups, with and without weight decay; the order of the parameters within each stays.
template <class Options>
std::vector<Group<Options>> groups_of(const std::vector<NamedTensor>& params, const Options& options,
                                      const std::vector<std::string>& no_decay) {
  for (const std::string& pattern : no_decay) {
    check(std::any_of(params.begin(), params.end(), [&](const auto& param) { return fits(param, pattern); }),
          "optimizer: no-decay \"", pattern,
          "\" is neither the kind (conv, linear, norm, bias) nor part of the name of a parameter that is trained");
  }
  std::vector<Group<Options>> groups = {{{}, options}, {{}, options}};
  groups[1].options.weight_decay = 0;
  for (const NamedTensor& param : params) {
    const bool without =
        std::any_of(no_decay.begin(), no_decay.end(), [&](const auto& pattern) { return fits(param, pattern); });
    groups[without ? 1 : 0].params.push_back(param);
  }
  return groups;
}

}  // namespace

std::vector<std::string> optimizer_names() { return {"gd", "sgd", "sgdp", "adam", "adamw", "adamp"}; }

ProjectionTest projection_test_from(const std::string& name) {
  if (name == "cosine") return ProjectionTest::cosine;
  if (name == "printed") return ProjectionTest::printed;
  if (name == "always") return ProjectionTest::always;
  fail(ErrorKind::usage, "projection test: \"", name, "\" is unknown; there are cosine, printed, always");
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& o, const std::vector<NamedTensor>& params) {
  const auto groups = [&](const auto& options) { return groups_of(params, options, o.no_decay); };
  ProjectionOptions projection = o.projection;
  projection.eps = o.eps;
  if (o.name == "gd") return std::make_unique<SGD>(groups(SGDOptions{.lr = o.lr, .weight_decay = o.weight_decay}));
  if (o.name == "sgd") {
    return std::make_unique<SGD>(groups(SGDOptions{o.lr, o.momentum, o.dampening, o.weight_decay, o.nesterov}));
  }
  if (o.name == "sgdp") {
    return std::make_unique<SGDP>(
        groups(SGDPOptions{o.lr, o.momentum, o.dampening, o.weight_decay, o.nesterov, projection, o.projected_buffer}));
  }
  if (o.name == "adam" || o.name == "adamw") {
    return std::make_unique<Adam>(
        groups(AdamOptions{o.lr, o.beta1, o.beta2, o.eps, o.weight_decay, o.name == "adamw"}));
  }
  if (o.name == "adamp") {
    return std::make_unique<AdamP>(
        groups(AdamPOptions{o.lr, o.beta1, o.beta2, o.eps, o.weight_decay, o.nesterov, projection}));
  }
  fail(ErrorKind::usage, "optimizer: \"", o.name, "\" is unknown; there are gd, sgd, sgdp, adam, adamw, adamp");
}

}  // namespace radial
