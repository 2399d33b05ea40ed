// Layers are their ops with members: compared with the ops and with PyTorch's defaults.
#include "nn/layers.h"

#include <cmath>

#include "core/random.h"
#include "nn/attention.h"
#include "nn/init.h"
#include "nn/norms.h"
#include "nn/parameterless.h"
#include "nn/sequential.h"
#include "tests/catch.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

Tensor noise(const Shape& shape) {
  Tensor x = Tensor::empty(shape, DType::f64);
  fill_normal(x, 1, 5, "noise");
  return x;
}

template <class M>
M prepared(M module) {
  module.to(DType::f64);
  initialise(module, 7);
  return module;
}

Tensor parameter(Module& module, size_t i) { return module.parameters()[i].tensor; }

void check_equal(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  const auto x = a.to_vector(), y = b.to_vector();
  for (size_t i = 0; i < x.size(); ++i) CHECK(x[i] == Catch::Approx(y[i]).epsilon(1e-12).margin(1e-12));
}

}  // namespace

TEST_CASE("Conv2d passes stride, padding, dilation, groups and bias on") {
  const Tensor x = noise({2, 9, 8, 6});
  Conv2d conv =
      prepared(Conv2d(6, 4, {.kernel = 3, .stride = 2, .padding = 1, .dilation = 2, .groups = 2, .bias = true}));
  CHECK(parameter(conv, 0).shape() == Shape{4, 3, 3, 3});
  const Tensor y = conv2d(x, parameter(conv, 0), {.stride = 2, .padding = 1, .dilation = 2, .groups = 2});
  check_equal(conv(x), bias(y, parameter(conv, 1)));
  CHECK_THROWS_WITH(Conv2d(6, 4, {.groups = 4}), ContainsSubstring("multiples of groups (6, 4, 4)"));
}

TEST_CASE("Linear with and without bias") {
  const Tensor x = noise({3, 5});
  Linear with = prepared(Linear(5, 2));
  check_equal(with(x), linear(x, parameter(with, 0), parameter(with, 1)));
  Linear without = prepared(Linear(5, 2, {.bias = false}));
  CHECK(without.parameters().size() == 1);
  check_equal(without(x), linear(x, parameter(without, 0)));
}

TEST_CASE("BatchNorm moves its statistics in training and uses them in evaluation") {
  const Tensor x = noise({4, 3, 3, 2});
  BatchNorm norm = prepared(BatchNorm(2, {.momentum = 0.25, .eps = 1e-3}));
  norm(x);
  const auto values = x.to_vector();
  for (int c = 0; c < 2; ++c) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < 36; ++i) mean += values[2 * i + static_cast<size_t>(c)] / 36;
    for (size_t i = 0; i < 36; ++i) square += std::pow(values[2 * i + static_cast<size_t>(c)] - mean, 2);
    CHECK(norm.buffers()[0].tensor.to_vector()[static_cast<size_t>(c)] == Catch::Approx(0.25 * mean));
    CHECK(norm.buffers()[1].tensor.to_vector()[static_cast<size_t>(c)] == Catch::Approx(0.75 + 0.25 * square / 35));
  }
  norm.eval();
  const auto mean = norm.buffers()[0].tensor.to_vector(), var = norm.buffers()[1].tensor.to_vector();
  const auto y = norm(x).to_vector();
  for (size_t i = 0; i < y.size(); ++i) {
    CHECK(y[i] == Catch::Approx((values[i] - mean[i % 2]) / std::sqrt(var[i % 2] + 1e-3)).margin(1e-12));
  }
}

TEST_CASE("BatchNorm moves its statistics later by what a pass would have moved them, in any order of passes") {
  const BatchNorm::Options options{.momentum = 0.25, .eps = 1e-3};
  BatchNorm at_once = prepared(BatchNorm(2, options)), later = prepared(BatchNorm(2, options));
  const Tensor first = noise({4, 3, 3, 2}), second = scale(noise({5, 2}), 3);
  const auto apart = [&](const Tensor& x, int passes) {
    later.defer_movement();
    for (int i = 0; i < passes; ++i) later(x);
    return later.take_movement();
  };
  const auto by_second = apart(second, 1), by_first = apart(first, 2), by_none = apart(first, 0);
  CHECK(later.buffers()[0].tensor.to_vector() == at_once.buffers()[0].tensor.to_vector());  // not yet
  CHECK(later.buffers()[1].tensor.to_vector() == at_once.buffers()[1].tensor.to_vector());
  CHECK(by_none.keep == 1);
  for (const Tensor& x : {first, first, second}) at_once(x);
  for (const auto& movement : {by_first, by_none, by_second}) later.move(movement);
  for (size_t buffer : {0u, 1u})
    for (size_t c : {0u, 1u})
      CHECK(later.buffers()[buffer].tensor.to_vector()[c] ==
            Catch::Approx(at_once.buffers()[buffer].tensor.to_vector()[c]).epsilon(1e-14));
  later(first);  // at once again
  CHECK(later.buffers()[0].tensor.to_vector() != at_once.buffers()[0].tensor.to_vector());
}

TEST_CASE("BatchNorm's epilogue is the composed form") {
  const Tensor x = noise({4, 3, 3, 2}), r = noise({4, 3, 3, 2});
  BatchNorm norm = prepared(BatchNorm(2));
  const Tensor y = norm(x);
  check_equal(norm.forward(x, {.relu = true}), relu(y));
  check_equal(norm.forward(x, {.residual = r}), add(y, r));
  check_equal(norm.forward(x, {.residual = r, .relu = true}), relu(add(y, r)));
}

TEST_CASE("the other norms pass their parameters on") {
  const Tensor x = noise({2, 4, 4, 6});
  const auto scrambled = [](auto module) {
    module.to(DType::f64);
    for (const NamedTensor& p : module.parameters()) {
      Tensor values = p.tensor;
      fill_normal(values, 1, 9, p.name);
    }
    return module;
  };
  auto layer = scrambled(LayerNorm(6, 1e-3));
  check_equal(layer(x), layer_norm(x, parameter(layer, 0), parameter(layer, 1), 1e-3));
  auto group = scrambled(GroupNorm(3, 6, 1e-3));
  check_equal(group(x), group_norm(x, parameter(group, 0), parameter(group, 1), 3, 1e-3));
  auto instance = scrambled(InstanceNorm(6, true, 1e-3));
  check_equal(instance(x), instance_norm(x, parameter(instance, 0), parameter(instance, 1), 1e-3));
  auto plain = scrambled(InstanceNorm(6));
  CHECK(plain.parameters().empty());
  check_equal(plain(x), instance_norm(x));
  CHECK_THROWS_WITH(GroupNorm(4, 6), ContainsSubstring("6 channels are no multiple of 4 groups"));
}

TEST_CASE("layers without parameters") {
  const Tensor x = noise({2, 4, 6, 3});
  const Pool2dOptions pool = {.kernel = 3, .stride = 2, .padding = 1};
  check_equal(Relu()(x), relu(x));
  check_equal(MaxPool2d(pool)(x), max_pool2d(x, pool));
  check_equal(AvgPool2d(pool)(x), avg_pool2d(x, pool));
  check_equal(GlobalAvgPool()(x), global_avg_pool(x));
  check_equal(Flatten()(x), x.view({2, 72}));
}

TEST_CASE("layers refuse sizes that no input would fit") {
  for (const int64_t bad : {int64_t{0}, int64_t{-1}}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(Conv2d(3, 4, {.kernel = bad}), ContainsSubstring("Conv2d: kernel"));
    CHECK_THROWS_AS(Conv2d(3, 4, {.stride = bad}), Error);
    CHECK_THROWS_AS(Conv2d(3, 4, {.dilation = bad}), Error);
    CHECK_THROWS_AS(Conv2d(3, 4, {.groups = bad}), Error);
    CHECK_THROWS_AS(Conv2d(bad, 4, {}), Error);
    CHECK_THROWS_AS(Conv2d(3, bad, {}), Error);
    CHECK_THROWS_AS(Linear(bad, 2), Error);
    CHECK_THROWS_AS(Linear(2, bad), Error);
    CHECK_THROWS_WITH(BatchNorm(bad), ContainsSubstring("BatchNorm: "));
    CHECK_THROWS_AS(LayerNorm(bad), Error);
    CHECK_THROWS_AS(GroupNorm(1, bad), Error);
    CHECK_THROWS_AS(GroupNorm(bad, 4), Error);
    CHECK_THROWS_AS(InstanceNorm(bad), Error);
    CHECK_THROWS_AS(MaxPool2d({.kernel = bad}), Error);
    CHECK_THROWS_AS(AvgPool2d({.kernel = 2, .stride = bad}), Error);
  }
  CHECK_THROWS_AS(Conv2d(3, 4, {.padding = -1}), Error);
  CHECK_THROWS_AS(Conv2d(int64_t{1} << 40, int64_t{1} << 40, {}), Error);
  CHECK_THROWS_AS(BatchNorm(3, {.momentum = 1.5}), Error);
  CHECK_THROWS_AS(BatchNorm(3, {.momentum = 0.1, .eps = -1}), Error);
  CHECK_THROWS_AS(BatchNorm(3, {.momentum = 0.1, .eps = std::nan("")}), Error);
  CHECK_THROWS_AS(MaxPool2d({.kernel = 2, .padding = 2}), Error);
}

TEST_CASE("Embedding looks its rows up, which begin as normal numbers") {
  Embedding embedding(50, 40);
  initialise(embedding, 3);
  const Tensor weight = embedding.parameters()[0].tensor;
  CHECK(embedding.parameters()[0].name == "weight");
  CHECK(weight.shape() == Shape{50, 40});
  CHECK(var(weight.detach()).item() == Catch::Approx(1).epsilon(0.1));
  const Tensor y = embedding(Tensor::from({{3, 0, 49}, {3, 3, 1}}, DType::i32));
  CHECK(y.shape() == Shape{2, 3, 40});
  CHECK(y.at(0, 2, 7) == weight.at(49, 7));
  sum(y).backward();
  CHECK(weight.grad().at(3, 0) == 3);
  CHECK_THROWS_AS(Embedding(0, 4), Error);
}

TEST_CASE("Linear takes rows of any rank, as PyTorch's") {
  Linear layer(4, 3);
  initialise(layer, 1);
  const Tensor x = randn({2, 5, 4}, {});
  const Tensor y = layer(x);
  CHECK(y.shape() == Shape{2, 5, 3});
  CHECK(y.to_vector() == layer(reshape(x, {10, 4})).to_vector());
  CHECK(layer(reshape(x, {2, 5, 4}).slice(0, 0)).shape() == Shape{0, 5, 3});
  CHECK(layer(Tensor::from({1, 2, 3, 4})).shape() == Shape{3});
  CHECK_THROWS_AS(layer(Tensor::zeros({2, 5, 3})), Error);
}

TEST_CASE("SelfAttention is attention between its linear layers; a causal one does not see what comes") {
  SelfAttention layer(6, 2, {.causal = true});
  PositionEmbedding places(5, 6);
  initialise(layer, 1);
  initialise(places, 2);
  const Tensor x = randn({2, 4, 6}, {}), y = layer(places(x));
  CHECK(y.shape() == x.shape());

  const Tensor qkv =
      linear(x + places.parameters()[0].tensor.slice(0, 4), layer.parameters()[0].tensor, layer.parameters()[1].tensor);
  const auto heads = [&](int64_t which) { return reshape(narrow(qkv, 2, which * 6, 6), {2, 4, 2, 3}); };
  const Tensor seen = reshape(attention(heads(0), heads(1), heads(2), {.causal = true}), {2, 4, 6});
  CHECK(y.to_vector() == linear(seen, layer.parameters()[2].tensor, layer.parameters()[3].tensor).to_vector());

  const Tensor other = concat({narrow(x, 1, 0, 3), narrow(x, 1, 3, 1) * 2.0}, 1);
  CHECK(narrow(layer(places(other)), 1, 0, 3).to_vector() == narrow(y, 1, 0, 3).to_vector());
  CHECK_THROWS_AS(places(randn({2, 6, 6}, {})), Error);
  CHECK_THROWS_AS(SelfAttention(6, 4), Error);
}

TEST_CASE("Residual adds what its layers make of x") {
  Residual residual;
  residual.add<Relu>();
  residual.add<Relu>();
  CHECK(residual(Tensor::from({-1, 2})).to_vector() == std::vector<double>{-1, 4});
}

TEST_CASE("ConvTranspose2d and Upsample are their ops") {
  ConvTranspose2d up(4, 6, {.kernel = {2, 3}, .stride = 2, .output_padding = {0, 1}, .groups = 2, .bias = true});
  for (const NamedTensor& p : up.parameters()) p.tensor.detach().fill(0.5);
  CHECK(up.parameters()[0].tensor.shape() == Shape{4, 2, 3, 3});
  const Tensor x = Tensor::full({1, 3, 3, 4}, 1);
  const Tensor y = up(x);
  CHECK(y.shape() == Shape{1, 6, 8, 6});
  CHECK(y.to_vector()[0] == 1.5);  // two channels of the group, and the bias
  CHECK_THROWS_AS(ConvTranspose2d(4, 6, {.stride = 2, .output_padding = 2}), Error);
  CHECK(Upsample({.scale = 2})(x).shape() == Shape{1, 6, 6, 4});
}
