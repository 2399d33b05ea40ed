// Reductions along dimensions and softmax where the table of ops does not reach: NaN, infinities, ties, nothing at all.
#include <cmath>
#include <limits>

#include "core/ops.h"
#include "core/simd/target.h"
#include "tests/catch.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;
using Values = std::vector<double>;

constexpr double boundless = std::numeric_limits<double>::infinity();
const double nothing_known = std::nan("");

Tensor leaf_of(const Values& values, const Shape& shape) {
  Tensor x = Tensor::from(values, shape);
  x.set_requires_grad();
  return x;
}

bool same(const Tensor& x, const Values& expected) {
  const Values values = x.to_vector();
  if (values.size() != expected.size()) return false;
  for (size_t i = 0; i < values.size(); ++i)
    if (std::isnan(expected[i]) ? !std::isnan(values[i]) : values[i] != expected[i]) return false;
  return true;
}

struct EachTarget {
  EachTarget() { simd::set_target(GENERATE(from_range(simd::supported_targets()))); }
  ~EachTarget() { simd::set_target(""); }
};

TEST_CASE("dims say which dimensions, in any order, from both ends") {
  const Tensor x = formula::tensor("x", {2, 3, 4});
  CHECK(sum(x, 1).shape() == Shape{2, 4});
  CHECK(sum(x, -1).shape() == Shape{2, 3});
  CHECK(sum(x, {2, 0}).shape() == Shape{3});
  CHECK(sum(x, {2, 0}, true).shape() == Shape{1, 3, 1});
  CHECK(sum(x, {}).shape() == Shape{});
  CHECK(sum(x, {}, true).shape() == Shape{1, 1, 1});
  CHECK(sum(x, {0, 1, 2}).item() == sum(x).item());
  CHECK(max(Tensor::scalar(3), 0).item() == 3);
  CHECK(mean(Tensor::scalar(3), -1, true).shape() == Shape{});
  CHECK_THROWS_WITH(sum(x, 3), ContainsSubstring("sum: [2, 3, 4] has no dimension 3"));
  CHECK_THROWS_WITH(var(x, -4), ContainsSubstring("var: [2, 3, 4] has no dimension -4"));
  CHECK_THROWS_WITH(max(x, {1, -2}), ContainsSubstring("max: a dimension of [2, 3, 4] was named twice"));
  CHECK_THROWS_WITH(sum(Tensor::zeros({2}, DType::i32), 0), ContainsSubstring("must be floating-point but is int32"));
}

// torch 2.15: x.max(1), x.argmin(1) and the gradient of x.max(1).values.
TEST_CASE("a NaN is the largest and the smallest, and of equal values the first is chosen") {
  const EachTarget guard;
  const DType dtype = GENERATE(DType::f32, DType::f64);
  const Tensor values = Tensor::from(Values{1, nothing_known, 3, nothing_known, 2, 2, 1, 2, -boundless, -boundless,
                                            -boundless, -boundless},
                                     {3, 4})
                            .to(dtype);
  for (const bool contiguous : {true, false}) {
    Tensor x = contiguous ? values.clone() : transpose(values).detach();
    const int dim = contiguous ? 1 : 0;
    x.set_requires_grad();
    const auto [value, index] = max_with_index(x, dim);
    CHECK(same(value, {nothing_known, 2, -boundless}));
    CHECK(same(index, {1, 0, 0}));
    CHECK(same(argmin(x, dim), {1, 2, 0}));
    CHECK(same(min(x, dim), {nothing_known, 1, -boundless}));
    sum(value).backward();
    const Tensor gradient = contiguous ? x.grad() : transpose(x.grad());
    CHECK(same(gradient, {0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}));
  }
}

TEST_CASE("indices over several dimensions count their elements in row-major order") {
  const Tensor x = Tensor::from(Values{0, 1, 2, 9, 4, 5, 6, 7, 8, 3, 10, 11}, {2, 3, 2});
  CHECK(same(argmax(x), {11}));
  CHECK(same(argmax(x, {1, 2}), {3, 5}));
  CHECK(same(argmax(x, {0, 2}), {3, 1, 3}));  // of (0, 1, 6, 7), (2, 9, 8, 3), (4, 5, 10, 11)
  CHECK(max_with_index(x, {0, 2}, true).index.shape() == Shape{1, 3, 1});
  CHECK_FALSE(argmax(leaf_of({1, 2}, {2})).requires_grad());
}

TEST_CASE("an index is the first of the largest where rows are cut into parts") {
  Tensor x = Tensor::zeros({3, 200001});
  for (const int64_t r : {0, 1, 2}) x.data<float>()[r * 200001 + 70000 * r] = 1;
  x.data<float>()[200001 + 190000] = 1;
  CHECK(same(argmax(x, 1), {0, 70000, 140000}));
  Tensor tall = Tensor::zeros({200001, 2});
  tall.data<float>()[2 * 150000] = tall.data<float>()[2 * 190000] = tall.data<float>()[2 * 3 + 1] = 1;
  CHECK(same(argmax(tall, 0), {150000, 3}));
  tall.data<float>()[2 * 199999] = static_cast<float>(nothing_known);
  CHECK(same(argmax(tall, 0), {199999, 3}));
  CHECK(same(argmin(tall, 0), {199999, 0}));
}

// torch 2.15
TEST_CASE("logsumexp and softmax stand infinities") {
  const EachTarget guard;
  const DType dtype = GENERATE(DType::f32, DType::f64);
  const Tensor values =
      Tensor::from(Values{-boundless, -boundless, 1, nothing_known, boundless, 0, -boundless, 2, 1000, 1000}, {5, 2})
          .to(dtype);
  for (const bool contiguous : {true, false}) {
    CAPTURE(contiguous);
    const Tensor x = contiguous ? values : transpose(values);
    const int dim = contiguous ? 1 : 0;
    const auto rows = [&](const Tensor& y) { return contiguous ? y : transpose(y); };
    const Tensor all = logsumexp(x, dim);
    CHECK(same(all.slice(0, 4), {-boundless, nothing_known, boundless, 2}));
    CHECK(all.to_vector()[4] == Catch::Approx(1000 + std::log(2)));
    const double n = nothing_known;
    CHECK(same(rows(softmax(x, dim)), {n, n, n, n, n, n, 0, 1, 0.5, 0.5}));
    const Tensor logarithm = rows(log_softmax(x, dim));
    CHECK(same(logarithm.slice(0, 4), {n, n, n, n, n, n, -boundless, 0}));
    CHECK(logarithm.to_vector()[8] == Catch::Approx(-std::log(2)));
  }
}

TEST_CASE("reductions of nothing") {
  const Tensor none = Tensor::zeros({0, 3}), lanes = Tensor::zeros({2, 0});
  CHECK(same(sum(none, 0), {0, 0, 0}));
  CHECK(same(sum(lanes, 1), {0, 0}));
  CHECK(same(logsumexp(none, 0), {-boundless, -boundless, -boundless}));
  CHECK(same(var(lanes, 1), {nothing_known, nothing_known}));
  CHECK(same(var(Tensor::full({2, 1}, 5), 1), {nothing_known, nothing_known}));
  CHECK(same(var(Tensor::full({2, 1}, 5), 1, {.unbiased = false}), {0, 0}));
  CHECK(max(none, 1).shape() == Shape{0});
  CHECK(mean(none, 1).shape() == Shape{0});
  CHECK_THROWS_WITH(max(none, 0), ContainsSubstring("max: there is nothing to choose from in [0, 3]"));
  CHECK_THROWS_WITH(argmin(none), ContainsSubstring("argmin: there is nothing to choose from"));
  CHECK(same(mean(lanes, 1), {nothing_known, nothing_known}));
  CHECK(same(mean(none), {nothing_known}));
}

TEST_CASE("the variance of numbers far from zero keeps its digits") {
  Tensor x = Tensor::full({300, 3}, 10000);
  for (int64_t i = 0; i < 300; i += 2)
    for (int64_t k = 0; k < 3; ++k) x.data<float>()[i * 3 + k] += 1;
  for (const double v : var(x, 0, {.unbiased = false}).to_vector()) CHECK(v == Catch::Approx(0.25));
  CHECK(var(x, {}, {.unbiased = false}).item() == Catch::Approx(0.25));
}

}  // namespace
}  // namespace radial
