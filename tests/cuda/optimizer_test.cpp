// Steps on a GPU against the CPU's: the same decisions, weights and state, to the bit but for <w, d>, which the CPU
// sums in float32 over up to 1024 elements, the GPU in double. The CPU takes an instruction set without fused
// multiply-adds, as the GPU does.
#include <cmath>

#include "core/simd/target.h"
#include "optim/adam.h"
#include "optim/make_optimizer.h"
#include "optim/sgd.h"
#include "tests/cuda/card.h"
#include "tests/optim/gradient_of_view.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

struct PlainInstructions {
  PlainInstructions() { simd::set_target(simd::supported_targets().back()); }
  ~PlainInstructions() { simd::set_target(""); }
};

// The largest difference of values, in units in the last place of the largest value: what a projected step differs in
// is a multiple of w, as large where w is small as where it is large.
double units_between(const Tensor& here, const Tensor& there) {
  const Tensor copy = there.to(Device{});
  double largest = 0, difference = 0;
  for (int64_t i = 0; i < here.numel(); ++i) {
    const double a = here.data<float>()[i], b = copy.data<float>()[i];
    if (!std::isfinite(a) || !std::isfinite(b)) return HUGE_VAL;
    largest = std::max(largest, std::abs(a));
    difference = std::max(difference, std::abs(a - b));
  }
  return difference == 0 ? 0 : difference / std::ldexp(1, std::ilogb(largest) - 23);
}

std::vector<NamedTensor> on_card(const std::vector<NamedTensor>& params, Device card) {
  std::vector<NamedTensor> copies;
  for (const NamedTensor& param : params) {
    copies.push_back({param.name, param.tensor.to(card), param.kind});
    copies.back().tensor.set_requires_grad();
  }
  return copies;
}

// The gradients of the CPU's parameters, for the card's.
void copy_gradients(const std::vector<NamedTensor>& from, const std::vector<NamedTensor>& to) {
  for (size_t i = 0; i < from.size(); ++i) {
    const Tensor gradient = from[i].tensor.grad();
    set_gradient(to[i], gradient ? gradient.to(to[i].tensor.device()) : Tensor());
  }
}

void check_same(const Optimizer& here, const Optimizer& there, double units) {
  CHECK(here.projected() == there.projected());
  for (size_t i = 0; i < here.slots().size(); ++i) {
    const Slot &a = here.slots()[i], &b = there.slots()[i];
    CAPTURE(here.steps(), a.param.name);
    CHECK(units_between(a.param.tensor, b.param.tensor) <= units);
    for (size_t k = 0; k < 2; ++k)
      if (a.state[k]) CHECK(units_between(a.state[k], b.state[k]) <= units);
  }
}

// Rows for a warp and for a block, in packs of 16 bytes and not; vectors in one piece and in several.
std::vector<NamedTensor> parameters_of_all_sizes() {
  return {parameter("vector", {5}, Kind::bias),
          parameter("odd.vector", {4099}, Kind::bias),
          parameter("matrix", {3, 17}, Kind::linear),
          parameter("long.vector", {8200}, Kind::norm),
          parameter("one.row", {1, 40}, Kind::linear),
          parameter("pointwise", {19, 1, 1, 64}, Kind::conv),
          parameter("filters", {4, 3, 3, 128}, Kind::conv),
          parameter("odd.filters", {3, 3, 3, 131}, Kind::conv),
          parameter("empty", {0, 7}, Kind::linear)};
}

// Within 2 units after the first step; the differences of later ones add up.
double units_after(int64_t step) { return step == 1 ? 2 : 8; }

void step_twenty_times(const OptimizerOptions& options, const std::string& view, Device card, bool to_the_bit = false) {
  const std::vector<NamedTensor> here = parameters_of_all_sizes(), there = on_card(here, card);
  const auto a = make_optimizer(options, here), b = make_optimizer(options, there);
  constexpr const char* mixed[] = {"channel", "layer", "none"};
  for (int64_t step = 1; step <= 20; ++step) {
    for (const NamedTensor& param : here)
      set_gradient(param, gradient_of_view<float>(param, step,
                                                  param.tensor.numel() == 0 ? "free"
                                                  : view == "mixed"         ? mixed[step % 3]
                                                                            : view));
    copy_gradients(here, there);
    a->step();
    b->step();
    check_same(*a, *b, to_the_bit ? 0 : units_after(step));
  }
}

TEST_CASE("twenty steps of SGD, Adam and AdamW on the GPU are the CPU's to the bit") {
  const auto card = find_card();
  if (!card) return;
  const PlainInstructions plain;
  const double decay = GENERATE(0.0, 0.01);
  CAPTURE(decay);
  step_twenty_times({.name = "gd", .weight_decay = decay}, "free", *card, true);
  step_twenty_times({.name = "sgd", .weight_decay = decay}, "free", *card, true);
  step_twenty_times({.name = "sgd", .dampening = 0.3, .weight_decay = decay}, "free", *card, true);
  step_twenty_times({.name = "sgd", .nesterov = true, .weight_decay = decay}, "free", *card, true);
  step_twenty_times({.name = "adam", .lr = 0.01, .weight_decay = decay}, "free", *card, true);
  step_twenty_times({.name = "adamw", .lr = 0.01, .weight_decay = decay}, "free", *card, true);
}

TEST_CASE("twenty steps of SGDP and AdamP in one view on the GPU are the CPU's") {
  const auto card = find_card();
  if (!card) return;
  const PlainInstructions plain;
  const std::string view = GENERATE("channel", "layer", "none");
  CAPTURE(view);
  step_twenty_times({.name = "sgdp"}, view, *card);
  step_twenty_times({.name = "adamp", .lr = 0.01}, view, *card);
}

TEST_CASE("twenty steps of SGDP and AdamP in views that change on the GPU are the CPU's") {
  const auto card = find_card();
  if (!card) return;
  const PlainInstructions plain;
  const double decay = GENERATE(0.0, 0.01);
  CAPTURE(decay);
  step_twenty_times({.name = "sgdp", .momentum = 0, .weight_decay = decay}, "mixed", *card);
  step_twenty_times({.name = "sgdp", .nesterov = true, .weight_decay = decay}, "mixed", *card);
  step_twenty_times({.name = "sgdp", .dampening = 0.3, .weight_decay = decay, .projected_buffer = true}, "mixed",
                    *card);
  step_twenty_times({.name = "adamp", .lr = 0.01, .weight_decay = decay}, "mixed", *card);
  step_twenty_times({.name = "adamp", .lr = 0.01, .nesterov = true, .weight_decay = decay}, "mixed", *card);
}

// The view that a parameter takes says whether the tests above reach what they should.
TEST_CASE("steps on the GPU take the view that the gradient asks for") {
  const auto card = find_card();
  if (!card) return;
  const std::vector<NamedTensor> here = parameters_of_all_sizes(), there = on_card(here, *card);
  SGDP optimizer(there, {.lr = 0.1});
  const auto view_of = [&](const std::string& view) {
    for (size_t i = 0; i < here.size(); ++i)
      set_gradient(there[i], gradient_of_view<float>({here[i].name, there[i].tensor.to(Device{}), here[i].kind}, 1,
                                                     here[i].tensor.numel() == 0 ? "free" : view)
                                 .to(*card));
    optimizer.step();
    return optimizer.projected();
  };
  constexpr Projection none = Projection::none, channel = Projection::channel, layer = Projection::layer;
  using Views = std::vector<Projection>;
  CHECK(view_of("channel") == Views{none, none, channel, none, channel, channel, channel, channel, none});
  CHECK(view_of("layer") == Views{none, none, layer, none, channel, layer, layer, layer, none});
  CHECK(view_of("none") == Views(9, none));
}

TEST_CASE("rows and gradients of zeros are stepped on the GPU as on the CPU, by every test") {
  const auto card = find_card();
  if (!card) return;
  const PlainInstructions plain;
  const ProjectionTest test = GENERATE(ProjectionTest::cosine, ProjectionTest::printed, ProjectionTest::always);
  const double eps = GENERATE(1e-8, 0.0);
  const std::string name = GENERATE("sgdp", "adamp");
  const int zeros =
      GENERATE(0, 1, 2, 3, 7);  // 1: a row of w, 2: a row of the gradient, 4: all of w and of the gradient
  CAPTURE(static_cast<int>(test), eps, name, zeros);
  const std::vector<NamedTensor> here = {parameter("w", {3, 20}, Kind::linear)};
  if (zeros & 1) here[0].tensor.slice(1, 2).fill(0);
  if (zeros & 4) here[0].tensor.detach().fill(0);
  const std::vector<NamedTensor> there = on_card(here, *card);
  const ProjectionOptions projection{.test = test, .eps = eps};
  std::unique_ptr<Optimizer> a, b;
  if (name == "adamp") {
    a = std::make_unique<AdamP>(here, AdamPOptions{.projection = projection});
    b = std::make_unique<AdamP>(there, AdamPOptions{.projection = projection});
  } else {
    a = std::make_unique<SGDP>(here, SGDPOptions{.momentum = 0.9, .projection = projection});
    b = std::make_unique<SGDP>(there, SGDPOptions{.momentum = 0.9, .projection = projection});
  }
  for (int64_t step = 1; step <= 5; ++step) {
    set_gradients(here, step);
    if (zeros & 2) here[0].tensor.grad().slice(1, 2).fill(0);
    if (zeros & 4) here[0].tensor.grad().fill(0);
    copy_gradients(here, there);
    a->step();
    b->step();
    check_same(*a, *b, units_after(step));
  }
}

// The 62 parameters of a ResNet18 of this width (64 in torchvision's).
std::vector<NamedTensor> parameters_of_resnet18(int64_t width) {
  std::vector<NamedTensor> params;
  const auto add_conv = [&](const std::string& name, int64_t out, int64_t kernel, int64_t in) {
    params.push_back(parameter(name + ".weight", {out, kernel, kernel, in}, Kind::conv));
    params.push_back(parameter(name + ".bn.weight", {out}, Kind::norm));
    params.push_back(parameter(name + ".bn.bias", {out}, Kind::bias));
  };
  add_conv("conv1", width, 7, 3);
  for (int64_t layer = 0, in = width; layer < 4; ++layer) {
    const int64_t out = width << layer;
    for (int64_t block = 0; block < 2; ++block, in = out) {
      const std::string name = "layer" + std::to_string(layer + 1) + "." + std::to_string(block);
      add_conv(name + ".conv1", out, 3, in);
      add_conv(name + ".conv2", out, 3, out);
      if (in != out) add_conv(name + ".downsample", out, 1, in);
    }
  }
  params.push_back(parameter("fc.weight", {10, 8 * width}, Kind::linear));
  params.push_back(parameter("fc.bias", {10}, Kind::bias));
  return params;
}

TEST_CASE("the parameters of a ResNet18 in groups with options of their own are stepped as on the CPU") {
  const auto card = find_card();
  if (!card) return;
  const PlainInstructions plain;
  const std::vector<NamedTensor> here = parameters_of_resnet18(8), there = on_card(here, *card);
  REQUIRE(here.size() == 62);
  const auto groups = [](const std::vector<NamedTensor>& params) {
    const auto part = [&](int begin, int end) { return std::vector(params.begin() + begin, params.begin() + end); };
    return std::vector<Group<SGDPOptions>>{
        {part(0, 17), {.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-3}},
        {part(17, 30),
         {.lr = 0.03, .momentum = 0.5, .nesterov = true, .projection = {.test = ProjectionTest::printed}}},
        {part(30, 62), {.lr = 0.3, .projection = {.delta = 0.5, .wd_ratio = 0.2, .eps = 1e-4}}}};
  };
  SGDP a(groups(here)), b(groups(there));
  constexpr const char* views[] = {"channel", "layer", "none"};
  for (int64_t step = 1; step <= 6; ++step) {
    a.set_lr_factor(1.0 / static_cast<double>(step));
    b.set_lr_factor(1.0 / static_cast<double>(step));
    for (size_t i = 0; i < here.size(); ++i)
      set_gradient(here[i], gradient_of_view<float>(here[i], step, views[(i + static_cast<size_t>(step)) % 3]));
    if (step % 2 == 0) set_gradient(here[static_cast<size_t>(step)], Tensor());  // other tables than in the last step
    copy_gradients(here, there);
    a.step();
    b.step();
    check_same(a, b, units_after(step));
  }
}

TEST_CASE("parameters that start anywhere are stepped on the GPU, and their neighbours stay") {
  const auto card = find_card();
  if (!card) return;
  const PlainInstructions plain;
  const Tensor values = formula::tensor("values", {200}).to(DType::f32);
  for (const int64_t begin : {1, 2, 4}) {
    const auto run = [&](Device device) {
      const Tensor all = values.to(device).clone();
      NamedTensor param{"w", all.slice(begin, begin + 180).view({9, 20}), Kind::linear};
      param.tensor.set_requires_grad();
      AdamP optimizer(std::vector{param}, {.lr = 0.1, .projection = {.test = ProjectionTest::always}});
      for (int64_t step = 1; step <= 3; ++step) {
        set_gradient(param, formula::tensor(param.name + std::to_string(step), {9, 20}).to(DType::f32).to(device));
        optimizer.step();
      }
      return all;
    };
    CAPTURE(begin);
    const Tensor there = run(*card);
    CHECK(units_between(run({}), there) <= units_after(3));
    CHECK(there.slice(0, begin).to_vector() == values.slice(0, begin).to_vector());
    CHECK(there.slice(begin + 180, 200).to_vector() == values.slice(begin + 180, 200).to_vector());
  }
}

TEST_CASE("the GPU steps float32 alone") {
  const auto card = find_card();
  if (!card) return;
  const std::vector<NamedTensor> params = on_card({parameter("w", {3, 4}, Kind::linear, DType::f64)}, *card);
  set_gradient(params[0], zeros_like(params[0].tensor));
  SGD optimizer(params, {.lr = 0.1});
  CHECK_THROWS_WITH(optimizer.step(), ContainsSubstring("optimizer: a tensor of parameter 0 is float64 but a step on "
                                                        "the GPU needs float32"));
}

}  // namespace
}  // namespace radial
