// No gradient is lost without a word: what a tensor is turned into keeps it, or the call is an error.
#include <cmath>

#include "core/ops.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

Tensor leaf(const std::vector<double>& values, const Shape& shape) {
  Tensor x = Tensor::from(values, shape);
  x.set_requires_grad();
  return x;
}

// torch 2.15: x = torch.tensor([[0., 1.]]); (softmax(x, 1) + x / 2)[0, 0] has the gradient (0.69661, -0.19661).
TEST_CASE("softmax has a gradient") {
  Tensor x = leaf({0, 1}, {1, 2});
  const Tensor first = Tensor::from(std::vector<double>{1, 0}, {1, 2});
  sum(mul(add(softmax(x), scale(x, 0.5)), first)).backward();
  const std::vector<double> gradient = x.grad().to_vector();
  CHECK(std::abs(gradient[0] - 0.6966119332414818) < 1e-14);
  CHECK(std::abs(gradient[1] + 0.1966119332414818) < 1e-14);
}

TEST_CASE("views, slices, copies and conversions pass the gradient on") {
  using Function = Tensor (*)(const Tensor&);
  const std::vector<std::pair<const char*, Function>> ways = {
      {"view",
       [](const Tensor& x) {
         return x.view({3, 2});
       }},
      {"reshape", [](const Tensor& x) { return reshape(x, {6}); }},
      {"slice", [](const Tensor& x) { return x.slice(0, 2); }},
      {"clone", [](const Tensor& x) { return x.clone(); }},
      {"to dtype", [](const Tensor& x) { return x.to(DType::f32); }},
      {"to bfloat16 and back", [](const Tensor& x) { return x.to(DType::bf16).to(DType::f32); }},
      {"cast", [](const Tensor& x) { return cast(x, DType::f32); }},
      {"to its own dtype", [](const Tensor& x) { return x.to(DType::f64); }},
      {"to its own device", [](const Tensor& x) { return x.to(Device{}); }},
  };
  for (const auto& [name, way] : ways) {
    CAPTURE(name);
    Tensor x = leaf({1, 2, 3, 4, 5, 6}, {2, 3});
    const Tensor y = way(x);
    REQUIRE(y.requires_grad());
    sum(scale(y, 2)).backward();
    CHECK(x.grad().dtype() == DType::f64);
    CHECK(x.grad().to_vector() == std::vector<double>(6, 2));
    const NoGrad no_grad;
    CHECK_FALSE(way(x.detach()).requires_grad());
  }
}

TEST_CASE("the gradient of a slice is zero outside, and those of several add up") {
  Tensor x = leaf({1, 2, 3, 4, 5, 6, 7, 8}, {4, 2});
  sum(x.slice(1, 3)).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{0, 0, 1, 1, 1, 1, 0, 0});
  x.zero_grad();
  sum(add(x.slice(0, 2), scale(x.slice(1, 3), 10))).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{1, 1, 11, 11, 10, 10, 0, 0});
  x.zero_grad();
  sum(x.slice(2, 2)).backward();
  CHECK(x.grad().to_vector() == std::vector<double>(8, 0));
}

TEST_CASE("what cannot pass a gradient on refuses a tensor that needs one, unless nothing is recorded") {
  Tensor x = leaf({1, 2, 3}, {1, 3}), target = Tensor::zeros({1, 3}, DType::f64);
  CHECK_THROWS_WITH(target.copy_from(x), ContainsSubstring("copy: the source") && ContainsSubstring("detach()"));
  CHECK_THROWS_WITH(x.to(DType::i32), ContainsSubstring("to: int32 carries no gradient"));
  CHECK_THROWS_WITH(cast(x, DType::u8), ContainsSubstring("uint8 carries no gradient"));
  CHECK_THROWS_WITH(cross_entropy(target, x), ContainsSubstring("the soft targets need a gradient"));
  BatchNormState state{Tensor::zeros({3}, DType::f64), Tensor::full({3}, 1, DType::f64)};
  state.running_var.set_requires_grad();
  const Tensor ones = Tensor::full({3}, 1, DType::f64);
  CHECK_THROWS_WITH(batch_norm(Tensor::zeros({2, 3}, DType::f64), ones, ones, state, {.training = false}),
                    ContainsSubstring("batch_norm: the running statistics need a gradient"));
  target.copy_from(x.detach());
  CHECK(x.detach().to(DType::i32).to_vector() == std::vector<double>{1, 2, 3});
  const NoGrad no_grad;
  CHECK_NOTHROW(target.copy_from(x));
  CHECK_NOTHROW(x.to(DType::i32));
  CHECK_NOTHROW(cross_entropy(target, x));
}

}  // namespace
}  // namespace radial
