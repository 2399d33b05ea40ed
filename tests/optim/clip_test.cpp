// Gradient clipping and moving averages.
#include "optim/clip.h"

#include <cmath>
#include <limits>

#include "core/ops.h"
#include "core/parallel.h"
#include "optim/average.h"
#include "tests/catch.h"
#include "tests/formula.h"

using Catch::Matchers::ContainsSubstring;

namespace radial {
namespace {

// Parameters whose gradients are these values.
std::vector<NamedTensor> with_gradients(const std::vector<std::vector<double>>& gradients) {
  std::vector<NamedTensor> parameters;
  for (const auto& values : gradients) {
    const Shape shape{static_cast<int64_t>(values.size())};
    Tensor w = Tensor::zeros(shape).set_requires_grad();
    sum(mul(w, Tensor::from(values, shape).to(DType::f32))).backward();
    parameters.push_back({"w" + std::to_string(parameters.size()), w, Kind::linear});
  }
  return parameters;
}

TEST_CASE("clip_gradient_norm scales all gradients by one factor and returns the norm") {
  std::vector<NamedTensor> parameters = with_gradients({{3, 0}, {0, 4, 12}});
  parameters.push_back({"unused", Tensor::zeros({2}).set_requires_grad(), Kind::linear});
  CHECK(clip_gradient_norm(parameters, 100).item() == 13);
  CHECK(parameters[1].tensor.grad().to_vector() == std::vector<double>{0, 4, 12});
  CHECK(clip_gradient_norm(parameters, 6.5).item() == 13);
  const auto clipped = parameters[1].tensor.grad().to_vector();
  CHECK(clipped[1] == Catch::Approx(2));
  CHECK(clipped[2] == Catch::Approx(6));
  CHECK(parameters[0].tensor.grad().to_vector()[0] == Catch::Approx(1.5));
  CHECK_FALSE(parameters[2].tensor.grad().defined());
  CHECK(clip_gradient_norm({}, 1).item() == 0);
  CHECK_THROWS_AS(clip_gradient_norm(parameters, 0), Error);
}

TEST_CASE("clip_gradient_norm has the same bits for any number of threads, and loses no NaN") {
  const auto run = [](int count) {
    set_threads(count);
    Tensor w = Tensor::zeros({513, 401}).set_requires_grad();
    sum(mul(w, formula::tensor("g", {513, 401}).to(DType::f32))).backward();
    const std::vector<NamedTensor> parameters = {{"w", w, Kind::linear}};
    std::vector<double> result = clip_gradient_norm(parameters, 1).to_vector();
    for (const double g : w.grad().to_vector()) result.push_back(g);
    set_threads(0);
    return result;
  };
  CHECK(run(1) == run(4));
  const auto parameters = with_gradients({{1, std::numeric_limits<double>::quiet_NaN()}});
  CHECK(std::isnan(clip_gradient_norm(parameters, 1).item()));
  CHECK(std::isnan(parameters[0].tensor.grad().to_vector()[0]));
}

TEST_CASE("gradients that came of one are clipped once each") {
  std::vector<NamedTensor> parameters;
  for (const char* name : {"a", "b"})
    parameters.push_back({name, Tensor::from(std::vector<float>{1, 1}, {2}).set_requires_grad(), Kind::linear});
  sum(add(parameters[0].tensor, parameters[1].tensor)).backward();
  CHECK(clip_gradient_norm(parameters, 1).item() == Catch::Approx(2));
  for (const NamedTensor& parameter : parameters)
    for (const double g : parameter.tensor.grad().to_vector()) CHECK(g == Catch::Approx(0.5).epsilon(1e-6));
}

TEST_CASE("a moving average refuses a tensor that is there twice") {
  const Tensor w = Tensor::full({2}, 1);
  CHECK_THROWS_WITH(MovingAverage({{"w", w, Kind::linear}, {"tied", w, Kind::linear}}, 0.5),
                    ContainsSubstring("\"tied\" is there twice"));
}

TEST_CASE("clip_gradient_values bounds each element") {
  const auto parameters = with_gradients({{-3, 0.5, 2}});
  clip_gradient_values(parameters, 1);
  CHECK(parameters[0].tensor.grad().to_vector() == std::vector<double>{-1, 0.5, 1});
}

TEST_CASE("a moving average follows, is swapped in and out, and copies what is no floating-point number") {
  Tensor w = Tensor::from(std::vector<float>{1, 2}, {2}).set_requires_grad();
  Tensor count = Tensor::from(std::vector<int32_t>{1}, {1});
  MovingAverage average({{"w", w, Kind::linear}, {"count", count, Kind::buffer}}, 0.75);
  w.detach().fill(5);
  count.fill(7);
  average.update();
  {
    const WithAverages averages(average);
    CHECK(w.to_vector() == std::vector<double>{2, 2.75});
    CHECK(count.item() == 7);
    CHECK_THROWS_AS(average.update(), Error);
    CHECK_THROWS_AS(average.state(), Error);
  }
  CHECK(w.to_vector() == std::vector<double>{5, 5});
  CHECK(average.state()[0].name == "w");
  CHECK(average.state()[0].tensor.to_vector() == std::vector<double>{2, 2.75});
}

}  // namespace
}  // namespace radial
