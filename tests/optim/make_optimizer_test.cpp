// Optimizers from the flat options of the command line: names, groups without weight decay, errors.
#include "optim/make_optimizer.h"

#include "tests/catch.h"
#include "tests/optim/params.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

// Which parameters decay, seen from a step with gradients of zero.
std::vector<std::string> decayed(const std::vector<std::string>& no_decay) {
  const std::vector<NamedTensor> params = parameters();
  const auto before = values_of(params);
  const auto optimizer = make_optimizer({.name = "sgd", .weight_decay = 0.1, .no_decay = no_decay}, params);
  for (const NamedTensor& param : params) set_gradient(param, zeros_like(param.tensor));
  optimizer->step();
  std::vector<std::string> names;
  for (size_t i = 0; i < params.size(); ++i)
    if (params[i].tensor.to_vector() != before[i]) names.push_back(params[i].name);
  return names;
}

TEST_CASE("no_decay takes kinds and parts of names") {
  using Names = std::vector<std::string>;
  CHECK(decayed({}) == Names{"conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"});
  CHECK(decayed({"norm", "bias"}) == Names{"conv1.weight", "fc.weight"});
  CHECK(decayed({"fc"}) == Names{"conv1.weight", "bn1.weight", "bn1.bias"});
  CHECK(decayed({"linear"}) == Names{"conv1.weight", "bn1.weight", "bn1.bias", "fc.bias"});
  CHECK_THROWS_WITH(decayed({"layer4"}),
                    ContainsSubstring("no-decay \"layer4\" is neither the kind (conv, linear, norm, bias)"));
}

TEST_CASE("gd is sgd without momentum") {
  const std::vector<NamedTensor> a = parameters(), b = parameters();
  const auto gd = make_optimizer({.name = "gd"}, a);
  const auto sgd = make_optimizer({.name = "sgd", .momentum = 0}, b);
  for (int64_t step = 1; step <= 3; ++step) {
    set_gradients(a, step);
    set_gradients(b, step);
    gd->step();
    sgd->step();
  }
  CHECK(values_of(a) == values_of(b));
}

TEST_CASE("names that are unknown are listed with those that are known") {
  CHECK_THROWS_WITH(make_optimizer({.name = "lamb"}, parameters()),
                    ContainsSubstring("optimizer: \"lamb\" is unknown; there are gd, sgd, sgdp, adam, adamw, adamp"));
}

TEST_CASE("momentum and weight decay follow from the name where they are not given") {
  for (const std::string& name : optimizer_names()) {
    CAPTURE(name);
    OptimizerOptions options{.name = name};
    resolve(options);
    CHECK(options.momentum == (name == "gd" ? 0 : 0.9));
    CHECK(options.weight_decay == (name == "adamw" ? 0.01 : 0));
    options = {.name = name, .weight_decay = 0.5};
    resolve(options);
    CHECK(options.weight_decay == 0.5);
  }
  CHECK_THROWS_WITH(make_optimizer({.name = "gd", .momentum = 0.9}, parameters()),
                    ContainsSubstring("gd has no momentum but got --momentum 0.9; use --optimizer sgd"));
}

}  // namespace
}  // namespace radial
