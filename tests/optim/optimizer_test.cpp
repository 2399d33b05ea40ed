// What all optimizers keep: gradients untouched, observers without effect, state that resumes bit for bit, threads.
#include "optim/optimizer.h"

#include "analysis/layer_recorder.h"
#include "core/ops.h"
#include "core/parallel.h"
#include "optim/adam.h"
#include "optim/make_optimizer.h"
#include "optim/sgd.h"
#include "tests/catch.h"
#include "tests/optim/params.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

OptimizerOptions options_of(const std::string& name) { return {.name = name, .lr = 0.01, .weight_decay = 0.01}; }

std::string each_name() { return GENERATE(as<std::string>{}, "gd", "sgd", "sgdp", "adam", "adamw", "adamp"); }

TEST_CASE("the names are those of the tests") {
  CHECK(optimizer_names() == std::vector<std::string>{"gd", "sgd", "sgdp", "adam", "adamw", "adamp"});
}

TEST_CASE("a step leaves gradients as they are and skips parameters without one") {
  const std::string name = each_name();
  CAPTURE(name);
  const std::vector<NamedTensor> params = parameters();
  const auto optimizer = make_optimizer(options_of(name), params);
  set_gradients(params, 1);
  set_gradient(params[1], Tensor());
  std::vector<Tensor> gradients;
  for (const NamedTensor& param : params) gradients.push_back(param.tensor.grad());
  std::vector<std::vector<double>> before;
  for (const Tensor& g : gradients) before.push_back(g ? g.to_vector() : std::vector<double>());
  const auto weights = values_of(params);
  optimizer->step();
  const auto after = values_of(params);
  for (size_t i = 0; i < params.size(); ++i) {
    CHECK((after[i] == weights[i]) == (i == 1));
    if (gradients[i]) CHECK(params[i].tensor.grad().to_vector() == before[i]);
  }
  CHECK(optimizer->steps() == 1);
  optimizer->zero_grad();
  for (const NamedTensor& param : params) CHECK_FALSE(param.tensor.grad().defined());
}

struct Counter : StepObserver {
  std::vector<std::string> calls;
  std::vector<double> first_before, first_after, first_gradient;

  void before_step(const Optimizer& optimizer) override {
    const Tensor& w = optimizer.slots()[0].param.tensor;
    calls.push_back("before " + std::to_string(optimizer.steps()));
    first_before = w.to_vector();
    first_gradient = w.grad().to_vector();
  }
  void after_step(const Optimizer& optimizer) override {
    calls.push_back("after " + std::to_string(optimizer.steps()));
    first_after = optimizer.slots()[0].param.tensor.to_vector();
  }
};

TEST_CASE("observers are called around each step and change no bit") {
  const std::string name = each_name();
  CAPTURE(name);
  const std::vector<NamedTensor> plain = parameters(), observed = parameters();
  const auto a = make_optimizer(options_of(name), plain), b = make_optimizer(options_of(name), observed);
  Counter counter;
  LayerRecorder recorder;
  b->observe(counter);
  b->observe(recorder);
  for (int64_t step = 1; step <= 3; ++step) {
    set_gradients(plain, step);
    set_gradients(observed, step);
    a->step();
    b->step();
    CHECK(counter.first_before != counter.first_after);
    CHECK(recorder.layers().size() == observed.size());
    CHECK(counter.first_gradient == b->slots()[0].param.tensor.grad().to_vector());
  }
  CHECK(values_of(plain) == values_of(observed));
  CHECK(counter.calls == std::vector<std::string>{"before 1", "after 1", "before 2", "after 2", "before 3", "after 3"});
}

TEST_CASE("decisions are one tensor that is written in place, and none for a parameter without a gradient") {
  const std::vector<NamedTensor> params = {parameter("first", {2, 3}, Kind::linear), parameter("b", {3}, Kind::bias),
                                           parameter("second", {2, 3}, Kind::linear)};
  SGDP optimizer(params, {.lr = 0.1, .momentum = 0.9});
  const Tensor decisions = optimizer.decisions();
  CHECK(decisions.dtype() == DType::i32);
  CHECK(decisions.to_vector() == std::vector<double>(3, 0));
  for (const NamedTensor& param : params) set_gradient(param, zeros_like(param.tensor));
  optimizer.step();
  using Projections = std::vector<Projection>;
  CHECK(optimizer.projected() == Projections{Projection::channel, Projection::none, Projection::channel});
  set_gradient(params[0], Tensor());
  set_gradient(params[2], params[2].tensor.clone());  // along w
  optimizer.step();
  CHECK(projections_from(decisions) == Projections(3, Projection::none));
}

TEST_CASE("state copied into a new optimizer goes on bit for bit") {
  const std::string name = each_name();
  CAPTURE(name);
  const std::vector<NamedTensor> straight = parameters(), resumed = parameters();
  const auto whole = make_optimizer(options_of(name), straight);
  const auto run = [](Optimizer& optimizer, const std::vector<NamedTensor>& params, int64_t from, int64_t to) {
    for (int64_t step = from; step <= to; ++step) {
      set_gradients(params, step);
      optimizer.step();
    }
  };
  run(*whole, straight, 1, 5);
  const auto second = make_optimizer(options_of(name), resumed);
  std::vector<NamedTensor> from = whole->state(), to = second->state();
  REQUIRE(from.size() == to.size());
  for (size_t i = 0; i < from.size(); ++i) {
    CHECK(from[i].name == to[i].name);
    to[i].tensor.copy_from(from[i].tensor);
  }
  for (size_t i = 0; i < straight.size(); ++i) Tensor(resumed[i].tensor).copy_from(straight[i].tensor.detach());
  second->set_steps(5);
  run(*whole, straight, 6, 12);
  run(*second, resumed, 6, 12);
  CHECK(values_of(straight) == values_of(resumed));
}

// torch 2.15: w = torch.tensor([1.0], dtype=torch.float64), Adam(lr=0.1), gradient 2 in steps 3 and 4 alone: the step
// count of the parameter makes its first step as long as lr.
TEST_CASE("bias correction counts the steps of the parameter") {
  const std::vector<NamedTensor> params = {parameter("used", {1}, Kind::bias, DType::f64),
                                           parameter("late", {1}, Kind::bias, DType::f64)};
  params[1].tensor.detach().fill(1);
  Adam optimizer(params, {.lr = 0.1});
  for (int64_t step = 1; step <= 4; ++step) {
    set_gradients({params[0]}, step);
    if (step >= 3) set_gradient(params[1], Tensor::full({1}, 2, DType::f64));
    optimizer.step();
    if (step == 2) CHECK(optimizer.fewer_steps() == std::map<std::string, int64_t>{{"late", 0}});
    if (step == 3) CHECK(std::abs(params[1].tensor.item() - 0.9) < 1e-8);
    if (step == 4) CHECK(std::abs(params[1].tensor.item() - 0.8) < 1e-8);
  }
  CHECK(optimizer.fewer_steps() == std::map<std::string, int64_t>{{"late", 2}});
}

TEST_CASE("the first momentum buffer is the parameter's first gradient, whatever the step") {
  const std::vector<NamedTensor> params = {parameter("w", {1}, Kind::bias, DType::f64)};
  params[0].tensor.detach().fill(0);
  SGD optimizer(params, {.lr = 1, .momentum = 0.9, .dampening = 0.5});
  optimizer.step();
  set_gradient(params[0], Tensor::full({1}, 2, DType::f64));
  optimizer.step();
  CHECK(params[0].tensor.item() == -2);
}

TEST_CASE("steps of each parameter are given back, and refused where they cannot be") {
  Adam optimizer({parameter("a", {2}, Kind::bias), parameter("b", {2}, Kind::bias)}, AdamOptions{});
  optimizer.set_steps(7, {{"b", 4}});
  CHECK(optimizer.slots()[0].steps == 7);
  CHECK(optimizer.slots()[1].steps == 4);
  CHECK(optimizer.fewer_steps() == std::map<std::string, int64_t>{{"b", 4}});
  CHECK_THROWS_WITH(optimizer.set_steps(7, {{"c", 4}}), ContainsSubstring("\"c\""));
  CHECK_THROWS_WITH(optimizer.set_steps(7, {{"b", 8}}), ContainsSubstring("took 8 of 7 steps"));
  CHECK_THROWS_WITH(optimizer.set_steps(-1), ContainsSubstring("-1 steps"));
  optimizer.set_steps(9);
  CHECK(optimizer.fewer_steps().empty());
}

TEST_CASE("state is named after its parameter") {
  const auto names = [](const char* optimizer) {
    std::vector<std::string> all;
    for (const NamedTensor& state : make_optimizer(options_of(optimizer), {parameters()[3]})->state())
      all.push_back(state.name);
    return all;
  };
  CHECK(names("gd").empty());
  CHECK(names("sgd") == std::vector<std::string>{"fc.weight.momentum"});
  CHECK(names("sgdp") == std::vector<std::string>{"fc.weight.momentum"});
  CHECK(names("adamp") == std::vector<std::string>{"fc.weight.exp_avg", "fc.weight.exp_avg_sq"});
}

TEST_CASE("steps give the same bits for any number of threads") {
  const std::string name = each_name();
  CAPTURE(name);
  const auto run = [&](int count) {
    set_threads(count);
    const std::vector<NamedTensor> params = {parameter("w", {67, 3, 3, 129}, Kind::conv),
                                             parameter("b", {100003}, Kind::bias)};
    const auto optimizer = make_optimizer(options_of(name), params);
    for (int64_t step = 1; step <= 2; ++step) {
      set_gradients(params, step);
      optimizer->step();
    }
    return values_of(params);
  };
  const auto one = run(1);
  for (const int count : {2, 3, 16}) CHECK(run(count) == one);
  set_threads(0);
}

TEST_CASE("the learning rate of a step is that of the group times the factor") {
  const NamedTensor a = parameter("a", {4}, Kind::bias, DType::f64), b = parameter("b", {4}, Kind::bias, DType::f64);
  const auto before = values_of({a, b});
  SGD optimizer({{{a}, {.lr = 0.1}}, {{b}, {.lr = 0.3}}});
  set_gradient(a, Tensor::full({4}, 1, DType::f64));
  set_gradient(b, Tensor::full({4}, 1, DType::f64));
  optimizer.set_lr_factor(0.5);
  optimizer.step();
  const auto after = values_of({a, b});
  for (size_t i = 0; i < 4; ++i) {
    CHECK(after[0][i] == Catch::Approx(before[0][i] - 0.05).epsilon(1e-14));
    CHECK(after[1][i] == Catch::Approx(before[1][i] - 0.15).epsilon(1e-14));
  }
}

TEST_CASE("optimizers step on gradients of the tape") {
  const NamedTensor w = parameter("w", {3}, Kind::bias, DType::f64);
  const std::vector<double> before = w.tensor.to_vector();
  SGD optimizer(std::vector{w}, {.lr = 0.25});
  sum(mul(w.tensor, w.tensor)).backward();
  optimizer.step();
  for (size_t i = 0; i < 3; ++i) CHECK(w.tensor.to_vector()[i] == Catch::Approx(before[i] / 2));
}

TEST_CASE("parameters that cannot be trained, or appear twice, are named") {
  const std::vector<NamedTensor> params = parameters();
  CHECK_THROWS_WITH(SGD({{{params[0], params[1]}, {}}, {{params[1]}, {}}}),
                    ContainsSubstring("optimizer: parameter \"bn1.weight\" appears in two groups"));
  CHECK_THROWS_WITH(Adam({params[0], params[0]}, {}), ContainsSubstring("\"conv1.weight\" appears"));
  const NamedTensor frozen{"frozen", Tensor::zeros({2}), Kind::bias};
  CHECK_THROWS_WITH(SGD({frozen}, {}),
                    ContainsSubstring("\"frozen\" needs no gradient") && ContainsSubstring("trainable()"));
  NamedTensor view = params[0];
  view.tensor = view.tensor.view({view.tensor.numel()});
  CHECK_THROWS_WITH(SGD({view}, {}), ContainsSubstring("\"conv1.weight\" was computed from other tensors (reshape)"));
}

TEST_CASE("options out of their range are usage errors with the values") {
  const std::vector<NamedTensor> params = parameters();
  CHECK_THROWS_WITH(SGD(params, {.lr = -1}), ContainsSubstring("sgd: lr -1"));
  CHECK_THROWS_WITH(SGD(params, {.nesterov = true}), ContainsSubstring("sgd: Nesterov needs momentum"));
  CHECK_THROWS_WITH(SGDP(params, {.momentum = 1}),
                    ContainsSubstring("sgdp: ") && ContainsSubstring("momentum below 1"));
  CHECK_THROWS_WITH(Adam(params, {.beta1 = 1}), ContainsSubstring("adam: betas 1 and 0.999 must be in [0, 1)"));
  CHECK_THROWS_WITH(Adam(params, {.beta2 = -0.1, .decoupled = true}), ContainsSubstring("adamw: betas 0.9 and -0.1"));
  CHECK_THROWS_WITH(AdamP(params, {.eps = -1}), ContainsSubstring("adamp: ") && ContainsSubstring("eps -1"));
}

}  // namespace
}  // namespace radial
