// The projection: tangential steps, the three tests, weight decay, rows of zeros.
#include "optim/projection.h"

#include <cmath>

#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/catch.h"
#include "tests/optim/params.h"

namespace radial {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b, size_t begin, size_t end) {
  double total = 0;
  for (size_t i = begin; i < end; ++i) total += a[i] * b[i];
  return total;
}

ProjectionOptions always() { return {.test = ProjectionTest::always}; }

std::vector<double> step_of(Optimizer& optimizer, const NamedTensor& param) {
  const std::vector<double> before = param.tensor.to_vector();
  optimizer.step();
  std::vector<double> step = param.tensor.to_vector();
  for (size_t i = 0; i < step.size(); ++i) step[i] -= before[i];
  return step;
}

TEST_CASE("a projected step is tangential in every row: <w, step> = 0") {
  const bool adam = GENERATE(false, true), nesterov = GENERATE(false, true);
  CAPTURE(adam, nesterov);
  const NamedTensor param = parameter("w", {6, 5, 3}, Kind::conv, DType::f64);
  std::unique_ptr<Optimizer> optimizer;
  if (adam)
    optimizer = std::make_unique<AdamP>(std::vector{param},
                                        AdamPOptions{.lr = 0.1, .nesterov = nesterov, .projection = always()});
  else
    optimizer = std::make_unique<SGDP>(
        std::vector{param}, SGDPOptions{.lr = 0.1, .momentum = 0.9, .nesterov = nesterov, .projection = always()});
  for (int64_t step = 1; step <= 20; ++step) {
    set_gradients({param}, step);
    const std::vector<double> w = param.tensor.to_vector(), d = step_of(*optimizer, param);
    for (size_t row = 0; row < 6; ++row) {
      const size_t begin = row * 15, end = begin + 15;
      // eps = 1e-8 in w_hat leaves 2e-8 of the radial part
      CHECK(std::abs(dot(w, d, begin, end)) <= 1e-7 * std::sqrt(dot(w, w, begin, end) * dot(d, d, begin, end)));
      CHECK(dot(d, d, begin, end) > 0);
    }
    CHECK(optimizer->projected()[0] == Projection::channel);
  }
}

TEST_CASE("the norm of a projected weight grows as Pythagoras says") {
  const NamedTensor param = parameter("w", {1, 12}, Kind::linear, DType::f64);
  SGDP optimizer(std::vector{param}, {.lr = 0.1, .momentum = 0.9, .projection = always()});
  for (int64_t step = 1; step <= 20; ++step) {
    set_gradients({param}, step);
    const std::vector<double> w = param.tensor.to_vector(), d = step_of(optimizer, param);
    const std::vector<double> after = param.tensor.to_vector();
    CHECK(dot(after, after, 0, 12) == Catch::Approx(dot(w, w, 0, 12) + dot(d, d, 0, 12)).epsilon(1e-7));
  }
}

// Rows of length 100: a cosine below 0.1 / 10 passes.
std::vector<RowSums> rows_with_cosines(std::initializer_list<double> cosines) {
  std::vector<RowSums> rows;
  for (const double cosine : cosines) rows.push_back({4, 2 * cosine * 3, 9});
  return rows;
}

TEST_CASE("the cosine test wants every row below delta / sqrt(length), then the whole tensor") {
  const ProjectionOptions options;
  const auto view = [&](std::initializer_list<double> cosines) {
    return decide_projection(rows_with_cosines(cosines), 100, options);
  };
  CHECK(view({0.0099, -0.0099}) == Projection::channel);
  CHECK(view({0.0101, 0}) == Projection::layer);  // as a whole (0.0101 + 0) / 2 < 0.1 / sqrt(200) = 0.00707
  CHECK(view({0.5, -0.5}) == Projection::layer);  // cancels
  CHECK(view({-0.0101, -0.0101}) == Projection::none);
  CHECK(view({0.0151, 0}) == Projection::none);
  CHECK(view({0.0139, 0}) == Projection::layer);
}

TEST_CASE("the printed test has neither absolute value nor norms") {
  const ProjectionOptions options{.test = ProjectionTest::printed, .delta = 0.1};
  CHECK(decide_projection(std::vector<RowSums>{{4, -5, 9}}, 100, options) == Projection::channel);
  CHECK(decide_projection(std::vector<RowSums>{{4, 0.09, 9}}, 100, options) == Projection::channel);
  CHECK(decide_projection(std::vector<RowSums>{{4, 0.11, 9}}, 100, options) == Projection::none);
}

TEST_CASE("what is taken away is <w, d> / (||w|| + eps)^2 of the view's row") {
  CHECK(along(4, 3, 0.5) == 3 / 6.25);
  CHECK(along(1, -2, 0.5) == -2 / 2.25);
  CHECK(along(0, 0, 0) == 0);
  const ProjectionOptions options{.eps = 0.5};
  const std::vector<RowSums> cancelling = {{4, 5, 9}, {5, -5, 9}};
  CHECK(decide_projection(cancelling, 100, options) == Projection::layer);
  CHECK(along(layer_sums(cancelling).ww, 3 - 2, 0.5) == 1 / 12.25);
  CHECK(decide_projection(std::vector<RowSums>{{4, 0, 9}, {1, 0, 9}}, 100, options) == Projection::channel);
  CHECK(decide_projection(std::vector<RowSums>{{4, 5, 9}, {5, 5, 9}}, 100, options) == Projection::none);
}

TEST_CASE("rows of zeros in weights or gradients give no NaN, with any eps") {
  const DType dtype = GENERATE(DType::f32, DType::f64);
  const double eps = GENERATE(1e-8, 0.0);
  const bool adam = GENERATE(false, true);
  const ProjectionTest test = GENERATE(ProjectionTest::cosine, ProjectionTest::printed, ProjectionTest::always);
  CAPTURE(name_of(dtype), eps, adam);
  for (const int zeros : {1, 2, 3}) {  // 1: in w, 2: in the gradient, 3: in both
    const NamedTensor param = parameter("w", {3, 4}, Kind::linear, dtype);
    if (zeros & 1) param.tensor.slice(1, 2).fill(0);
    const ProjectionOptions projection{.test = test, .eps = eps};
    std::unique_ptr<Optimizer> optimizer;
    if (adam)
      optimizer = std::make_unique<AdamP>(std::vector{param}, AdamPOptions{.projection = projection});
    else
      optimizer = std::make_unique<SGDP>(std::vector{param}, SGDPOptions{.momentum = 0.9, .projection = projection});
    for (int64_t step = 1; step <= 3; ++step) {
      set_gradients({param}, step);
      if (zeros & 2) param.tensor.grad().slice(1, 2).fill(0);
      optimizer->step();
    }
    for (const double value : param.tensor.to_vector()) CHECK(std::isfinite(value));
    if (zeros == 3) CHECK(param.tensor.slice(1, 2).to_vector() == std::vector<double>(4, 0.0));
  }
}

TEST_CASE("weight decay is wd_ratio times less where projected, and full for vectors") {
  const NamedTensor projected = parameter("projected", {2, 3}, Kind::linear, DType::f64);
  const NamedTensor free = parameter("free", {2, 3}, Kind::linear, DType::f64);
  const NamedTensor vector = parameter("vector", {3}, Kind::bias, DType::f64);
  const std::vector<NamedTensor> params = {projected, free, vector};
  const auto before = values_of(params);
  set_gradient(projected, zeros_like(projected.tensor));
  set_gradient(free, free.tensor.clone());
  set_gradient(vector, zeros_like(vector.tensor));
  SGDP optimizer(params, {.lr = 0.1, .momentum = 0.5, .weight_decay = 0.2, .projection = {.wd_ratio = 0.25}});
  optimizer.step();
  CHECK(optimizer.projected()[0] == Projection::channel);
  CHECK(optimizer.projected()[1] == Projection::none);
  CHECK(optimizer.projected()[2] == Projection::none);
  const auto after = values_of(params);
  // decay 0.1 * 0.2 / (1 - 0.5) = 0.04
  for (size_t i = 0; i < 6; ++i) {
    CHECK(after[0][i] == Catch::Approx(before[0][i] * (1 - 0.01)).epsilon(1e-14));
    CHECK(after[1][i] == Catch::Approx(before[1][i] * (1 - 0.04) - 0.1 * before[1][i]).epsilon(1e-14));
  }
  for (size_t i = 0; i < 3; ++i) CHECK(after[2][i] == Catch::Approx(before[2][i] * (1 - 0.04)).epsilon(1e-14));
}

}  // namespace
}  // namespace radial
