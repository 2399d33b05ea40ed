#include "optim/make_optimizer.h"

#include <algorithm>

#include "optim/adam.h"
#include "optim/sgd.h"

namespace radial {

namespace {

bool fits(const NamedTensor& param, const std::string& pattern) {
  return pattern == name_of(param.kind) || param.name.find(pattern) != std::string::npos;
}

// Two groups, with and without weight decay, for each learning rate, the usual one first; the order of the parameters
// within each stays.
template <class Options>
std::vector<Group<Options>> groups_of(const std::vector<NamedTensor>& params, const Options& options,
                                      const std::vector<std::string>& no_decay, const LrFactors& lr_factors) {
  for (const std::string& pattern : no_decay) {
    check(std::any_of(params.begin(), params.end(), [&](const auto& param) { return fits(param, pattern); }),
          "optimizer: no-decay \"", pattern,
          "\" is neither the kind (conv, linear, norm, bias) nor part of the name of a parameter that is trained");
  }
  std::vector<double> factors = {1};
  std::vector<Group<Options>> groups;
  const auto first_group = [&](double factor) {
    const auto found = std::find(factors.begin(), factors.end(), factor);
    const auto at = static_cast<size_t>(found - factors.begin());
    if (found == factors.end()) factors.push_back(factor);
    while (groups.size() < 2 * factors.size()) {
      groups.push_back({{}, options});
      groups.back().options.lr *= factors[(groups.size() - 1) / 2];
      if (groups.size() % 2 == 0) groups.back().options.weight_decay = 0;
    }
    return 2 * at;
  };
  for (const NamedTensor& param : params) {
    const bool without =
        std::any_of(no_decay.begin(), no_decay.end(), [&](const auto& pattern) { return fits(param, pattern); });
    const auto factor = lr_factors.find(param.name);
    const size_t group = first_group(factor == lr_factors.end() ? 1 : factor->second);
    groups[group + (without ? 1 : 0)].params.push_back(param);
  }
  return groups;
}

}  // namespace

std::vector<std::string> optimizer_names() { return {"gd", "sgd", "sgdp", "adam", "adamw", "adamp"}; }

void list_options(OptionList& list, OptimizerOptions& options) {
  list.add("optimizer", options.name, "gd is sgd with momentum 0", one_of(optimizer_names()));
  list.add("lr", options.lr, "Learning rate", at_least(0));
  list.add("momentum", options.momentum, "Of sgd and sgdp (default 0.9)", within(0, 1));
  list.add("dampening", options.dampening, "Of sgd and sgdp", within(0, 1));
  list.add("nesterov", options.nesterov, "Nesterov's momentum, in sgd, sgdp and adamp");
  list.add("beta1", options.beta1, "Of adam, adamw and adamp", within(0, 1));
  list.add("beta2", options.beta2, "Of adam, adamw and adamp", within(0, 1));
  list.add("eps", options.eps, "Of adam, adamw, sgdp and adamp", at_least(0));
  list.add("weight-decay", options.weight_decay,
           "Coupled in sgd and adam, decoupled in the others (default 0; adamw 0.01)", at_least(0));
  list.add("no-decay", options.no_decay, "Without weight decay: kinds (conv, linear, norm, bias) or parts of names")
      .type = "KIND";
  ProjectionOptions& projection = options.projection;
  list.add("delta", projection.delta, "Threshold of the test for scale invariance, in sgdp and adamp", at_least(0));
  list.add("wd-ratio", projection.wd_ratio, "Weight decay of projected weights, relative, in sgdp and adamp",
           at_least(0));
  const Choices<ProjectionTest> tests = {
      {"cosine", ProjectionTest::cosine}, {"printed", ProjectionTest::printed}, {"always", ProjectionTest::always}};
  list.add_choice("projection-test", projection.test, tests,
                  "When to project: cosine (released code), printed (slides), always");
  list.add("projected-buffer", options.projected_buffer,
           "sgdp's momentum buffer is projected, too, as in released code");
}

void resolve(OptimizerOptions& options) {
  const bool gd = options.name == "gd";
  check(!gd || options.momentum.value_or(0) == 0, "optimizer: gd has no momentum but got --momentum ",
        options.momentum.value_or(0), "; use --optimizer sgd");
  if (!options.momentum) options.momentum = gd ? 0 : 0.9;
  if (!options.weight_decay) options.weight_decay = options.name == "adamw" ? 0.01 : 0;
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& given, const std::vector<NamedTensor>& params,
                                          const LrFactors& lr_factors) {
  OptimizerOptions o = given;
  resolve(o);
  const double momentum = *o.momentum, weight_decay = *o.weight_decay;
  const auto groups = [&](const auto& options) { return groups_of(params, options, o.no_decay, lr_factors); };
  ProjectionOptions projection = o.projection;
  projection.eps = o.eps;
  if (o.name == "gd") return std::make_unique<SGD>(groups(SGDOptions{.lr = o.lr, .weight_decay = weight_decay}));
  if (o.name == "sgd") {
    return std::make_unique<SGD>(groups(SGDOptions{o.lr, momentum, o.dampening, weight_decay, o.nesterov}));
  }
  if (o.name == "sgdp") {
    return std::make_unique<SGDP>(
        groups(SGDPOptions{o.lr, momentum, o.dampening, weight_decay, o.nesterov, projection, o.projected_buffer}));
  }
  if (o.name == "adam" || o.name == "adamw") {
    return std::make_unique<Adam>(groups(AdamOptions{o.lr, o.beta1, o.beta2, o.eps, weight_decay, o.name == "adamw"}));
  }
  if (o.name == "adamp") {
    return std::make_unique<AdamP>(
        groups(AdamPOptions{o.lr, o.beta1, o.beta2, o.eps, weight_decay, o.nesterov, projection}));
  }
  fail(ErrorKind::usage, "optimizer: \"", o.name, "\" is unknown; there are gd, sgd, sgdp, adam, adamw, adamp");
}

}  // namespace radial
