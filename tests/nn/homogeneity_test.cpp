// The structural analysis beside the facts: scaling a weight in training does or does not change the output.
#include "nn/homogeneity.h"

#include <cmath>

#include "nn/init.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/parameterless.h"
#include "nn/sequential.h"
#include "tests/catch.h"

using namespace radial;

namespace {

const Conv2d::Options conv3 = {.kernel = 3, .padding = 1};
const Conv2d::Options conv3_bias = {.kernel = 3, .padding = 1, .bias = true};

std::set<std::string> by_structure(Layer& model) {
  return scale_invariant_weights(trace(model, {1, 6, 6, 3}), model.parameters());
}

// The weights whose scaling by 10 leaves the output, batch norm in training mode.
std::set<std::string> by_trial(Layer& model) {
  model.to(DType::f64);
  initialise(model, 3);
  for (const NamedTensor& p : model.parameters()) {
    Tensor values = p.tensor;
    if (p.kind == Kind::bias) fill_normal(values, 1, 4, p.name);
  }
  Tensor x = Tensor::empty({4, 6, 6, 3}, DType::f64);
  fill_normal(x, 1, 5, "x");
  const NoGrad no_grad;
  const auto before = model.forward(x).to_vector();
  std::set<std::string> names;
  for (const auto& [name, tensor, kind] : model.parameters()) {
    if (kind != Kind::conv && kind != Kind::linear) continue;
    Tensor weight = tensor;
    const Tensor kept = weight.clone();
    weight.copy_from(scale(weight.detach(), 10));
    const auto after = model.forward(x).to_vector();
    weight.copy_from(kept);
    double change = 0, size = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      change = std::max(change, std::abs(after[i] - before[i]));
      size = std::max(size, std::abs(before[i]));
    }
    if (change < 1e-3 * size) names.insert(name);
  }
  return names;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("a convolution before a norm is scale-invariant, the last layer is not") {
  Sequential model;
  model.add_named<Conv2d>("conv", 3, 8, conv3);
  model.add<BatchNorm>(8);
  model.add<Relu>();
  model.add<GlobalAvgPool>();
  model.add_named<Linear>("fc", 8, 4);
  CHECK(by_structure(model) == Names{"conv.weight"});
  CHECK(by_trial(model) == by_structure(model));
}

TEST_CASE("relu, pooling and a second convolution keep homogeneity") {
  Sequential model;
  model.add_named<Conv2d>("a", 3, 8, conv3);
  model.add<Relu>();
  model.add_named<Conv2d>("b", 8, 8, conv3);
  model.add<MaxPool2d>(Pool2dOptions{.kernel = 2, .stride = 2});
  model.add<AvgPool2d>(Pool2dOptions{.kernel = 3, .stride = 1, .padding = 1});
  model.add<BatchNorm>(8);
  CHECK(by_structure(model) == Names{"a.weight", "b.weight"});
  CHECK(by_trial(model) == by_structure(model));
}

TEST_CASE("a bias before a norm over single channels does no harm, before others it does") {
  Sequential batch;
  batch.add_named<Conv2d>("conv", 3, 8, conv3_bias);
  batch.add<BatchNorm>(8);
  CHECK(by_structure(batch) == Names{"conv.weight"});
  CHECK(by_trial(batch) == by_structure(batch));

  Sequential instance;
  instance.add_named<Conv2d>("conv", 3, 8, conv3_bias);
  instance.add<InstanceNorm>(8);
  CHECK(by_structure(instance) == Names{"conv.weight"});
  CHECK(by_trial(instance) == by_structure(instance));

  Sequential group;
  group.add_named<Conv2d>("conv", 3, 8, conv3_bias);
  group.add<GroupNorm>(2, 8);
  CHECK(by_structure(group).empty());
  CHECK(by_trial(group) == by_structure(group));

  Sequential between;
  between.add_named<Conv2d>("a", 3, 8, conv3_bias);
  between.add<Relu>();
  between.add_named<Conv2d>("b", 8, 8, conv3);
  between.add<BatchNorm>(8);
  CHECK(by_structure(between) == Names{"b.weight"});
  CHECK(by_trial(between) == by_structure(between));
}

TEST_CASE("norms without a bias before them") {
  Sequential group;
  group.add_named<Conv2d>("conv", 3, 8, conv3);
  group.add<GroupNorm>(2, 8);
  CHECK(by_structure(group) == Names{"conv.weight"});
  CHECK(by_trial(group) == by_structure(group));

  Sequential layer;
  layer.add<Flatten>();
  layer.add_named<Linear>("fc", 108, 8, Linear::Options{.bias = false});
  layer.add<LayerNorm>(8);
  CHECK(by_structure(layer) == Names{"fc.weight"});
  CHECK(by_trial(layer) == by_structure(layer));
}

TEST_CASE("a sum with another tensor ends homogeneity") {
  Sequential model;
  auto& block = model.add_named<Residual>("block");
  block.add_named<Conv2d>("a", 3, 3, conv3);
  model.add<BatchNorm>(3);
  model.add_named<Conv2d>("b", 3, 4, conv3);
  model.add<BatchNorm>(4);
  CHECK(by_structure(model) == Names{"b.weight"});
  CHECK(by_trial(model) == by_structure(model));
}
