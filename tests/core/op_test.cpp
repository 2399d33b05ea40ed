// Every op of the table: gradients against finite differences, float32 against float64, each subset of leaves.
#include <cmath>
#include <set>

#include "core/ops.h"
#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace radial {
namespace {

TEST_CASE("names of op cases are unique") {
  std::set<std::string> names;
  for (const OpCase& c : op_cases()) CHECK(names.insert(c.name).second);
}

TEST_CASE("gradients are those of finite differences") {
  set_threads(1);  // many small calls
  for (const OpCase& c : op_cases()) {
    if (!c.differentiable) continue;
    const GradientError error = gradient_error(c);
    CAPTURE(c.name, error.where);
    CHECK(error.worst <= 1e-6);
  }
  set_threads(0);
}

TEST_CASE("float32 agrees with float64, forward and backward") {
  for (const OpCase& c : op_cases()) {
    const OpResult exact = run_case(c, DType::f64), rounded = run_case(c, DType::f32);
    CAPTURE(c.name);
    CHECK(rounded.y.dtype() == DType::f32);
    CHECK(relative_error(rounded.y, exact.y) <= float32_bound(c.terms));
    for (size_t i = 0; i < exact.gradients.size() && c.differentiable; ++i) {
      CAPTURE(i);
      CHECK(relative_error(rounded.gradients[i], exact.gradients[i]) <= float32_bound(c.terms));
    }
  }
}

TEST_CASE("a gradient does not depend on which other inputs need one") {
  for (const OpCase& c : op_cases()) {
    if (!c.differentiable || c.inputs.size() < 2) continue;
    const OpResult all = run_case(c, DType::f32);
    for (size_t i = 0; i < c.inputs.size(); ++i) {
      std::vector<bool> needs(c.inputs.size(), false);
      needs[i] = true;
      const OpResult one = run_case(c, DType::f32, needs);
      CAPTURE(c.name, i);
      CHECK(one.gradients[i].to_vector() == all.gradients[i].to_vector());
      for (size_t k = 0; k < needs.size(); ++k) CHECK(one.gradients[k].defined() == needs[k]);
    }
  }
}

TEST_CASE("an op used twice on the same inputs gives them twice the gradient") {
  for (const OpCase& c : op_cases()) {
    if (!c.differentiable) continue;
    OpCase twice = c;
    twice.run = [&](const std::vector<Tensor>& in) { return add(c.run(in), c.run(in)); };
    const OpResult one = run_case(c, DType::f64), two = run_case(twice, DType::f64);
    for (size_t i = 0; i < c.inputs.size(); ++i) {
      CAPTURE(c.name, i);
      CHECK(relative_error(two.gradients[i], scale(one.gradients[i], 2)) <= 1e-14);
    }
  }
}

TEST_CASE("an op without leaves keeps no graph") {
  for (const OpCase& c : op_cases()) {
    CAPTURE(c.name);
    CHECK_FALSE(run_case(c, DType::f32, std::vector<bool>(c.inputs.size(), false)).y.requires_grad());
  }
}

TEST_CASE("cast converts forward and converts the gradient back") {
  Tensor x = Tensor::from(std::vector<float>{1, -2, 0.5f}, {3});
  x.set_requires_grad();
  const Tensor y = cast(x, DType::f64);
  CHECK(y.dtype() == DType::f64);
  CHECK(y.to_vector() == std::vector<double>{1, -2, 0.5});
  sum(mul(y, Tensor::from(std::vector<double>{3, 4, 5}, {3}))).backward();
  CHECK(x.grad().dtype() == DType::f32);
  CHECK(x.grad().to_vector() == std::vector<double>{3, 4, 5});
}

TEST_CASE("relu and relu6 have gradient 0 at their kinks") {
  Tensor x = Tensor::from(std::vector<float>{0, 6, 3, -1, 7}, {5}), x6 = x.clone();
  x.set_requires_grad();
  x6.set_requires_grad();
  sum(relu(x)).backward();
  sum(relu6(x6)).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{0, 1, 1, 0, 1});
  CHECK(x6.grad().to_vector() == std::vector<double>{0, 0, 1, 0, 0});
}

TEST_CASE("of equal values in a window the first is the maximum") {
  Tensor x = Tensor::full({1, 2, 4, 1}, 1);
  x.set_requires_grad();
  const Tensor y = max_pool2d(x, {.kernel = 2, .stride = 2});
  CHECK(y.to_vector() == std::vector<double>{1, 1});
  sum(y).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{1, 0, 1, 0, 0, 0, 0, 0});
}

TEST_CASE("max_pool2d pads with minus infinity, avg_pool2d with zeros that count") {
  const Tensor x = Tensor::full({1, 2, 2, 1}, -4);
  const Pool2dOptions options{.kernel = 2, .stride = 2, .padding = 1};
  CHECK(max_pool2d(x, options).to_vector() == std::vector<double>{-4, -4, -4, -4});
  CHECK(avg_pool2d(x, options).to_vector() == std::vector<double>{-1, -1, -1, -1});
}

TEST_CASE("cross_entropy and softmax stand large logits") {
  Tensor logits = Tensor::from(std::vector<float>{1000, -1000, 0, -1000, -1000, -1000}, {2, 3});
  logits.set_requires_grad();
  const Tensor loss = cross_entropy(logits, Tensor::from(std::vector<int32_t>{1, 2}, {2}));
  CHECK(loss.item() == Catch::Approx((2000 + std::log(3.0)) / 2));
  loss.backward();
  const std::vector<double> g = logits.grad().to_vector();
  CHECK(g[0] == Catch::Approx(0.5));
  CHECK(g[1] == Catch::Approx(-0.5));
  CHECK(g[5] == Catch::Approx(-1.0 / 3));
  CHECK(softmax(logits).to_vector()[0] == 1);
}

TEST_CASE("the slope of sigmoid_focal_loss is finite where the sigmoid is nearly 0 or 1") {
  for (const double gamma : {0.0, 0.5, 2.0}) {
    Tensor x = Tensor::from({-200, -95, -90, 90, 95, 200}).set_requires_grad();
    sum(sigmoid_focal_loss(x, Tensor::from({0, 0, 0, 1, 1, 1}), {.gamma = gamma})).backward();
    for (const double g : x.grad().to_vector()) CHECK(std::abs(g) < 1e-30);
  }
}

TEST_CASE("l2_normalize leaves rows of zeros at zero, with a finite gradient") {
  Tensor x = Tensor::from(std::vector<float>{0, 0, 3, 4}, {2, 2});
  x.set_requires_grad();
  const Tensor y = l2_normalize(x);
  const std::vector<double> v = y.to_vector();
  CHECK(v[0] == 0);
  CHECK(v[1] == 0);
  CHECK(v[2] == Catch::Approx(0.6));
  sum(y).backward();
  for (const double g : x.grad().to_vector()) CHECK(std::isfinite(g));
}

}  // namespace
}  // namespace radial
