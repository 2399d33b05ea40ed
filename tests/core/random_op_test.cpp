// Random tensors and what else the table of op cases does not reach: attention that sees nothing, empty batches, what
// transposed convolutions refuse.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/ops.h"
#include "core/ops/random_numbers.h"
#include "core/parallel.h"
#include "core/random.h"
#include "tests/catch.h"
#include "tests/formula.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("random tensors are functions of the key, whatever the number of threads") {
  const RandomKey key{.seed = 3, .call = 5};
  const Shape shape{300, 211};
  set_threads(1);
  const auto uniform = rand(shape, key).to_vector(), normal = randn(shape, key).to_vector();
  const auto dropped = dropout(Tensor::full(shape, 1), 0.4, key).to_vector();
  set_threads(3);
  CHECK(rand(shape, key).to_vector() == uniform);
  CHECK(randn(shape, key).to_vector() == normal);
  CHECK(dropout(Tensor::full(shape, 1), 0.4, key).to_vector() == dropped);
  set_threads(0);
  CHECK(rand(shape, {.seed = 4, .call = 5}).to_vector() != uniform);
  CHECK(rand(shape, {.seed = 3, .call = 6}).to_vector() != uniform);
  // element by element the generator of core/random.h
  const Random random(3, Stream::draw, 5);
  const auto exact = rand(shape, key, DType::f64).to_vector();
  const auto exact_normal = randn(shape, key, DType::f64).to_vector();
  int64_t wrong = 0;
  double error = 0;
  for (uint32_t i = 0; i < exact.size(); ++i) {
    wrong += exact[i] != static_cast<double>(random.bits_at(i) >> 11) * 0x1p-53;
    wrong += uniform[i] != std::floor(exact[i] * 0x1p24) * 0x1p-24;
    wrong += normal[i] != static_cast<double>(static_cast<float>(exact_normal[i]));
    const double radius = std::sqrt(-2 * std::log(1 - exact[i / 2 * 2]));
    const double angle = 2 * std::numbers::pi * exact[i / 2 * 2 + 1];
    error = std::max(error, std::abs(exact_normal[i] - radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle))));
  }
  CHECK(wrong == 0);
  CHECK(error < 1e-14);
}

TEST_CASE("logarithms and angles of normal numbers are those of the standard library") {
  double log_error = 0, angle_error = 0;
  const auto compare = [&](double u) {
    const double x = 1 - u, expected = std::log(x);
    if (x > 0) log_error = std::max(log_error, std::abs(log_of_normal(x) - expected) / std::max(1e-300, -expected));
    const CosSin turn = cos_sin_of_turn(u);
    angle_error = std::max(angle_error, std::abs(turn.cos - std::cos(2 * std::numbers::pi * u)));
    angle_error = std::max(angle_error, std::abs(turn.sin - std::sin(2 * std::numbers::pi * u)));
  };
  for (int i = 0; i < 4096; ++i)
    for (const double step : {0.0, 0x1p-53, 0x1p-30, 1.7e-4}) compare(i / 4096.0 + step);
  for (int power = 1; power <= 53; ++power) compare(1 - std::ldexp(1.0, -power)), compare(std::ldexp(1.0, -power));
  CHECK(log_of_normal(1) == 0);
  CHECK(log_error < 1e-15);
  CHECK(angle_error < 1e-15);
}

TEST_CASE("random numbers have the moments of their distributions") {
  const auto moments = [](const std::vector<double>& x) {
    double sum = 0, squares = 0;
    for (const double v : x) sum += v, squares += v * v;
    const double n = static_cast<double>(x.size()), mean = sum / n;
    return std::pair(mean, squares / n - mean * mean);
  };
  const Shape shape{100'001};
  const auto [uniform_mean, uniform_variance] = moments(rand(shape, {.seed = 1}).to_vector());
  CHECK(std::abs(uniform_mean - 0.5) < 0.004);
  CHECK(std::abs(uniform_variance - 1.0 / 12) < 0.002);
  const auto [mean, variance] = moments(randn(shape, {.seed = 1}).to_vector());
  CHECK(std::abs(mean) < 0.014);
  CHECK(std::abs(variance - 1) < 0.02);
  const auto kept = dropout(Tensor::full(shape, 1), 0.25, {.seed = 1}).to_vector();
  for (const double v : kept) CHECK((v == 0 || v == static_cast<double>(static_cast<float>(1 / 0.75))));
  CHECK(std::abs(moments(kept).first - 1) < 0.01);
}

TEST_CASE("a counter that moves on draws other numbers, and dropout's gradient has those of its forward pass") {
  RandomKey key{.seed = 2, .step = new_step_counter()};
  const Shape shape{1000};
  const auto before = rand(shape, key).to_vector();
  Tensor x = Tensor::full(shape, 1).set_requires_grad();
  const Tensor y = dropout(x, 0.5, key);
  count_up(key.step);
  sum(y).backward();
  CHECK(x.grad().to_vector() == y.to_vector());
  CHECK(rand(shape, key).to_vector() != before);
  key.step.fill(0);
  CHECK(rand(shape, key).to_vector() == before);
}

TEST_CASE("dropout of all is zero, of none is nothing; keys are checked") {
  const Tensor x = Tensor::full({5}, 3);
  CHECK(dropout(x, 1, {}).to_vector() == std::vector<double>(5, 0));
  CHECK(dropout(x, 0, {}).to_vector() == x.to_vector());
  CHECK(dropout(Tensor::empty({0, 3}), 0.5, {}).shape() == Shape{0, 3});
  CHECK_THROWS_WITH(dropout(x, 1.5, {}), ContainsSubstring("p is 1.5"));
  CHECK_THROWS_WITH(rand({2}, {.step = Tensor::zeros({2}, DType::i32)}), ContainsSubstring("one int32"));
  CHECK_THROWS_WITH(rand({2}, {.call = 1U << 24}), ContainsSubstring("2^24"));
  CHECK_THROWS_WITH(rand({2}, {}, DType::i32), ContainsSubstring("floating-point"));
}

TEST_CASE("a query that sees nothing gets 0, a NaN is not lost") {
  const auto tensor = [](const char* name, const Shape& shape) { return formula::tensor(name, shape).to(DType::f32); };
  Tensor q = tensor("q", {1, 2, 1, 3}), k = tensor("k", {1, 4, 1, 3}), v = tensor("v", {1, 4, 1, 2});
  for (Tensor* x : {&q, &k, &v}) x->set_requires_grad();
  Tensor mask = Tensor::zeros({1, 1, 2, 4});
  mask.slice(0, 1).view({2, 4}).slice(1, 2).fill(-INFINITY);  // of the second query
  const Tensor y = attention(q, k, v, {.mask = mask});
  const auto values = y.to_vector();
  CHECK(values[0] != 0);
  CHECK(values[2] == 0);
  CHECK(values[3] == 0);
  sum(y).backward();
  for (const Tensor& x : {q, k, v})
    for (const double g : x.grad().to_vector()) CHECK(std::isfinite(g));
  CHECK(q.grad().to_vector()[3] == 0);
  Tensor bad = k.detach().clone();
  bad.data<float>()[0] = NAN;
  CHECK(std::isnan(attention(q, bad, v).to_vector()[0]));
}

TEST_CASE("later positions do not touch earlier results of causal attention") {
  const Tensor x = formula::tensor("x", {2, 5, 3, 4}).to(DType::f32);
  Tensor changed = x.clone();
  for (const int64_t b : {0, 1}) changed.slice(b, b + 1).view({5, 12}).slice(3, 5).fill(9);
  const auto one = attention(x, x, x, {.causal = true}), two = attention(changed, changed, changed, {.causal = true});
  for (const int64_t b : {0, 1})
    CHECK(one.slice(b, b + 1).view({5, 12}).slice(0, 3).to_vector() ==
          two.slice(b, b + 1).view({5, 12}).slice(0, 3).to_vector());
}

TEST_CASE("the ops of layers stand empty batches") {
  Tensor x = Tensor::empty({0, 3, 3, 4}).set_requires_grad(), w = Tensor::full({4, 3, 3, 2}, 1).set_requires_grad();
  const Tensor y = conv_transpose2d(x, w, {.stride = 2});
  CHECK(y.shape() == Shape{0, 7, 7, 2});
  sum(y).backward();
  CHECK(w.grad().to_vector() == std::vector<double>(72, 0));
  CHECK(upsample(x, {.scale = 2}).shape() == Shape{0, 6, 6, 4});
  CHECK(attention(x, x, x).shape() == Shape{0, 3, 3, 4});
  CHECK(bmm(Tensor::full({2, 3, 0}, 1), Tensor::full({2, 0, 4}, 1)).to_vector() == std::vector<double>(24, 0));
  CHECK(distances(Tensor::empty({0, 3}), Tensor::empty({2, 3})).shape() == Shape{0, 2});
  CHECK(conv1d(Tensor::empty({0, 5, 2}), Tensor::full({3, 2, 2}, 1)).shape() == Shape{0, 4, 3});
}

TEST_CASE("what does not fit is refused by name") {
  const Tensor x = Tensor::zeros({1, 3, 3, 4});
  CHECK_THROWS_WITH(conv_transpose2d(x, Tensor::zeros({4, 3, 3, 2}), {.stride = 2, .output_padding = 2}),
                    ContainsSubstring("conv_transpose2d: output_padding 2"));
  CHECK_THROWS_WITH(conv_transpose2d(x, Tensor::zeros({3, 3, 3, 2})), ContainsSubstring("4 channels but w expects 3"));
  CHECK_THROWS_WITH(conv_transpose2d(x, Tensor::zeros({4, 1, 1, 2}), {.padding = 2}), ContainsSubstring("-1 x -1"));
  CHECK_THROWS_WITH(conv1d(x, Tensor::zeros({3, 2, 4})), ContainsSubstring("conv1d: needs x [n, t, c]"));
  CHECK_THROWS_WITH(upsample(x, {}), ContainsSubstring("upsample: size 0, scale 0"));
  CHECK_THROWS_WITH(upsample(x, {.scale = 0.1}), ContainsSubstring("leaves no pixels"));
  CHECK_THROWS_WITH(upsample(x, {.scale = 2, .align_corners = true}), ContainsSubstring("align_corners"));
  CHECK_THROWS_WITH(bmm(Tensor::zeros({2, 3, 4}), Tensor::zeros({3, 4, 5})),
                    ContainsSubstring("dimension 0 is 2 and 3"));
  CHECK_THROWS_WITH(bmm(Tensor::zeros({2, 3, 4}), Tensor::zeros({2, 5, 4})), ContainsSubstring("op(b) has 5 rows"));
  CHECK_THROWS_WITH(attention(x, x, Tensor::zeros({1, 2, 3, 4})), ContainsSubstring("3 keys but 2 values"));
  CHECK_THROWS_WITH(attention(x, x, x, {.mask = Tensor::zeros({3, 3})}), ContainsSubstring("mask is [3, 3]"));
  CHECK_THROWS_WITH(distances(x, x), ContainsSubstring("distances: a [1, 3, 3, 4]"));
}

TEST_CASE("distances of equal rows are exactly 0, with gradient 0; near rows lose no digits") {
  Tensor a = Tensor::from(std::vector<float>{1000, 1, 1000.125F, 1}, {2, 2});
  Tensor b = Tensor::from(std::vector<float>{1000, 1}, {1, 2});
  a.set_requires_grad();
  const Tensor y = distances(a, b);
  CHECK(y.to_vector() == std::vector<double>{0, 0.125});
  sum(y).backward();
  CHECK(a.grad().to_vector() == std::vector<double>{0, 0, 1, 0});
}

}  // namespace
}  // namespace radial
