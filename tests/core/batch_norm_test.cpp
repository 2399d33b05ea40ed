// batch_norm: epilogues against the separate ops, statistics, inputs that strain float32.
#include <cmath>
#include <cstring>
#include <limits>

#include "core/kernel.h"
#include "core/ops.h"
#include "core/simd/past_caches.h"
#include "core/simd/target.h"
#include "tests/catch.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

BatchNormState fresh(int64_t c, DType dtype) { return {Tensor::zeros({c}, dtype), Tensor::full({c}, 1, dtype)}; }

TEST_CASE("epilogues of batch_norm give what the separate ops give, forward and backward") {
  const Shape shape{2, 5, 7, 17}, c{17};
  const bool training = GENERATE(true, false), with_relu = GENERATE(true, false), with_residual = GENERATE(true, false);
  CAPTURE(training, with_relu, with_residual);
  OpCase fused{"fused", {}, {}};
  for (const auto& [name, s] : {std::pair{"x", shape}, {"gamma", c}, {"beta", c}, {"residual", shape}})
    fused.inputs.push_back(formula::tensor(name, s));
  OpCase composed = fused;
  fused.run = [&](const std::vector<Tensor>& in) {
    BatchNormState state = fresh(17, in[0].dtype());
    BatchNormOptions options{.training = training, .relu = with_relu};
    if (with_residual) options.residual = in[3];
    return batch_norm(in[0], in[1], in[2], state, options);
  };
  composed.run = [&](const std::vector<Tensor>& in) {
    BatchNormState state = fresh(17, in[0].dtype());
    Tensor y = batch_norm(in[0], in[1], in[2], state, {.training = training});
    if (with_residual) y = add(y, in[3]);
    return with_relu ? relu(y) : y;
  };
  for (const auto& [dtype, bound] : {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}}) {
    const OpResult a = run_case(fused, dtype), b = run_case(composed, dtype);
    CHECK(relative_error(a.y, b.y) <= bound);
    for (size_t i = 0; i < (with_residual ? 4u : 3u); ++i) {
      CAPTURE(i);
      CHECK(relative_error(a.gradients[i], b.gradients[i]) <= bound);
    }
    CHECK(a.gradients[3].defined() == with_residual);
  }
}

TEST_CASE("what is written past the caches has the bits of what is not") {
  simd::set_target(GENERATE(from_range(simd::supported_targets())));
  const DType dtype = GENERATE(DType::f32, DType::f64);
  const bool with_relu = GENERATE(true, false), with_residual = GENERATE(true, false);
  CAPTURE(simd::target(), name_of(dtype), with_relu, with_residual);
  const int64_t c = 32, rows = static_cast<int64_t>(simd::bytes_past_caches / size_of(dtype)) / c + 1, half = rows / 2;
  Tensor x = randn({rows, c}, {.seed = 1}).to(dtype);
  const Tensor residual = randn({rows, c}, {.seed = 2}).to(dtype), gamma = randn({c}, {.seed = 3}).to(dtype);
  dispatch_float("test", dtype, [&]<class T>() { x.data<T>()[5] = std::numeric_limits<T>::quiet_NaN(); });
  const auto apply = [&](int64_t begin, int64_t end) {
    BatchNormState state = fresh(c, dtype);
    BatchNormOptions options{.training = false, .relu = with_relu};
    if (with_residual) options.residual = residual.slice(begin, end);
    return batch_norm(x.slice(begin, end), gamma, gamma, state, options);
  };
  const Tensor whole = apply(0, rows), first = apply(0, half), second = apply(half, rows);
  const auto* bytes = static_cast<const char*>(whole.bytes_data());
  CHECK(std::memcmp(bytes, first.bytes_data(), first.bytes()) == 0);
  CHECK(std::memcmp(bytes + first.bytes(), second.bytes_data(), second.bytes()) == 0);
  simd::set_target("");
}

TEST_CASE("a residual that is also the input gets both gradients") {
  Tensor x = formula::tensor("x", {6, 3}), y = x.clone();
  const Tensor gamma = Tensor::full({3}, 1.5, DType::f64), beta = Tensor::zeros({3}, DType::f64);
  const Tensor cotangent = formula::tensor("cotangent", {6, 3});
  x.set_requires_grad();
  y.set_requires_grad();
  BatchNormState state = fresh(3, DType::f64);
  sum(mul(batch_norm(x, gamma, beta, state, {.residual = x, .relu = true}), cotangent)).backward();
  sum(mul(relu(add(batch_norm(y, gamma, beta, state), y)), cotangent)).backward();
  CHECK(relative_error(x.grad(), y.grad()) <= 1e-14);
}

TEST_CASE("a batch normalised in training has mean beta and variance gamma^2") {
  const Tensor x = add(formula::tensor("x", {64, 3}), Tensor::full({64, 3}, 1000, DType::f64)).to(DType::f32);
  BatchNormState state = fresh(3, DType::f32);
  const Tensor gamma = Tensor::full({3}, 2), beta = Tensor::full({3}, 1);
  const std::vector<double> y = batch_norm(x, gamma, beta, state, {.momentum = 1}).to_vector();
  for (size_t channel = 0; channel < 3; ++channel) {
    double mean = 0, square = 0;
    for (size_t r = 0; r < 64; ++r) mean += y[r * 3 + channel] / 64;
    for (size_t r = 0; r < 64; ++r) square += std::pow(y[r * 3 + channel] - mean, 2) / 64;
    // x and the folded shift are about 1000 standard deviations: 2^-24 * 2000 * gamma
    CHECK(std::abs(mean - 1) < 1e-3);
    CHECK(std::abs(square - 4) < 1e-3);
  }
  // momentum 1: the running statistics are the batch's, the variance unbiased
  double mean = 0, square = 0;
  const std::vector<double> values = x.to_vector();
  for (size_t r = 0; r < 64; ++r) mean += values[r * 3] / 64;
  for (size_t r = 0; r < 64; ++r) square += std::pow(values[r * 3] - mean, 2) / 63;
  CHECK(state.running_mean.to_vector()[0] == Catch::Approx(mean).epsilon(1e-7));
  CHECK(state.running_var.to_vector()[0] == Catch::Approx(square).epsilon(1e-5));
}

TEST_CASE("a constant channel is beta, with finite gradients") {
  Tensor x = Tensor::full({8, 2}, 3.25);
  x.set_requires_grad();
  BatchNormState state = fresh(2, DType::f32);
  const Tensor y = batch_norm(x, Tensor::full({2}, 1), Tensor::full({2}, 0.5), state);
  // y = a x + b with a x = 3.25 / sqrt(1e-5), about 1028, rounded
  for (const double value : y.to_vector()) CHECK(std::abs(value - 0.5) <= 2 * 1028 * 0x1p-24);
  sum(mul(y, formula::tensor("cotangent", {8, 2}).to(DType::f32))).backward();
  for (const double g : x.grad().to_vector()) CHECK(std::isfinite(g));
}

}  // namespace
}  // namespace radial
