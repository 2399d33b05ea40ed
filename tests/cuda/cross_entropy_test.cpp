// The loss on a GPU where the table of ops does not reach: bad labels, extreme logits, types.
#include <cmath>
#include <limits>

#include "core/ops.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

Tensor labels_of(const std::vector<int32_t>& labels, Device device) {
  return Tensor::from(labels, {static_cast<int64_t>(labels.size())}).to(device);
}

TEST_CASE("a label out of range makes the GPU's loss, and the gradient of its row, NaN") {
  const auto card = find_card();
  if (!card) return;
  for (const int32_t bad : {-1, 3, 1 << 20, std::numeric_limits<int32_t>::min()}) {
    CAPTURE(bad);
    Tensor logits = formula::tensor("logits", {2, 3}).to(DType::f32).to(*card);
    logits.set_requires_grad();
    const Tensor loss = cross_entropy(logits, labels_of({2, bad}, *card), {.label_smoothing = 0.1});
    CHECK(std::isnan(loss.item()));
    loss.backward();
    const std::vector<double> gradient = logits.grad().to_vector();
    for (size_t i = 0; i < 6; ++i) CHECK(std::isnan(gradient[i]) == (i >= 3));
  }
}

TEST_CASE("the GPU's cross_entropy and softmax stand large logits and classes that are ruled out") {
  const auto card = find_card();
  if (!card) return;
  constexpr float none = -std::numeric_limits<float>::infinity();
  Tensor logits = Tensor::from(std::vector<float>{1000, -1000, 0, none, 3, 3}, {2, 3}).to(*card);
  logits.set_requires_grad();
  const Tensor loss = cross_entropy(logits, labels_of({1, 2}, *card));
  CHECK(loss.item() == Catch::Approx((2000 + std::log(2.0)) / 2));
  loss.backward();
  CHECK(logits.grad().to_vector() == std::vector<double>{0.5, -0.5, 0, 0, 0.25, -0.25});
  CHECK(softmax(logits).to_vector() == std::vector<double>{1, 0, 0, 0, 0.5, 0.5});
  const Tensor broken = Tensor::from(std::vector<float>{1, NAN, 0}, {1, 3}).to(*card);
  CHECK(std::isnan(cross_entropy(broken, labels_of({0}, *card)).item()));
}

TEST_CASE("bfloat16 logits have a loss and probabilities in float32, and gradients of their own type") {
  const auto card = find_card();
  if (!card) return;
  // p of the label is 1 - 3e-4: in bfloat16 its gradient would be lost.
  Tensor logits = Tensor::from(std::vector<float>{8, 0, -8}, {1, 3}).to(*card).to(DType::bf16);
  logits.set_requires_grad();
  const Tensor loss = cross_entropy(logits, labels_of({0}, *card));
  CHECK(loss.dtype() == DType::f32);
  const double others = std::exp(-8.0) + std::exp(-16.0);
  CHECK(std::abs(loss.item() - std::log1p(others)) < 1e-7);
  loss.backward();
  CHECK(logits.grad().dtype() == DType::bf16);
  CHECK(logits.grad().to_vector()[0] == Catch::Approx(-others / (1 + others)).epsilon(0x1p-8));
}

TEST_CASE("losses of one class, and of more classes than a block has threads") {
  const auto card = find_card();
  if (!card) return;
  for (const int64_t classes : {1, 3, 257, 5003}) {
    CAPTURE(classes);
    const Tensor logits = formula::tensor("logits", {3, classes}).to(DType::f32);
    const std::vector<int32_t> labels = {0, static_cast<int32_t>(classes / 2), static_cast<int32_t>(classes - 1)};
    const auto result = [&](const Tensor& values) {
      Tensor x = values.clone();
      x.set_requires_grad();
      const Tensor loss = cross_entropy(x, labels_of(labels, x.device()), {.label_smoothing = 0.25});
      loss.backward();
      return std::pair(loss.detach(), x.grad());
    };
    const auto [exact, exact_gradient] = result(logits.to(DType::f64));
    const auto [loss, gradient] = result(logits.to(*card));
    CHECK(std::abs(loss.item() - exact.item()) <= float32_bound(classes) * std::abs(exact.item()));
    CHECK(relative_error(gradient, exact_gradient) <= float32_bound(classes));
  }
}

}  // namespace
}  // namespace radial
