#include "nn/init.h"

#include <cmath>
#include <map>

#include "core/parallel.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"
#include "tests/catch.h"

using namespace radial;

namespace {

struct Moments {
  double mean = 0, standard_deviation = 0, least = 0, most = 0;
};

Moments moments(const Tensor& tensor) {
  Moments m;
  const auto values = tensor.to_vector();
  const auto n = static_cast<double>(values.size());
  for (const double v : values) m.mean += v / n;
  for (const double v : values) m.standard_deviation += (v - m.mean) * (v - m.mean) / n;
  m.standard_deviation = std::sqrt(m.standard_deviation);
  m.least = *std::min_element(values.begin(), values.end());
  m.most = *std::max_element(values.begin(), values.end());
  return m;
}

}  // namespace

TEST_CASE("fans count the weights of an output and of an input") {
  CHECK(fan_in({64, 7, 7, 3}) == 147);
  CHECK(fan_out({64, 7, 7, 3}) == 64 * 49);
  CHECK(fan_in({10, 512}) == 512);
  CHECK(fan_out({10, 512}) == 10);
}

TEST_CASE("initial values have torchvision's distributions") {
  Sequential model;
  model.add<Conv2d>(64, 128, Conv2d::Options{.kernel = 3, .bias = true});
  model.add<BatchNorm>(128);
  model.add<Linear>(400, 900);
  for (const auto& list : {model.parameters(), model.buffers()}) {
    for (const NamedTensor& t : list) Tensor{t.tensor}.fill(-3);  // nothing may stay
  }
  initialise(model, 1);
  const auto parameters = model.parameters();

  const Moments conv = moments(parameters[0].tensor);  // N(0, 2 / (9 * 128)), 73,728 numbers
  const double sigma = std::sqrt(2.0 / (9 * 128));
  CHECK(std::abs(conv.mean) < 5 * sigma / std::sqrt(73728));
  CHECK(conv.standard_deviation == Catch::Approx(sigma).epsilon(5 / std::sqrt(2 * 73728)));
  CHECK(conv.most > 3.5 * sigma);

  const Moments conv_bias = moments(parameters[1].tensor);
  CHECK(conv_bias.most <= 1 / 24.0f);
  CHECK(conv_bias.least >= -1 / 24.0f);
  CHECK(conv_bias.standard_deviation == Catch::Approx(1 / std::sqrt(3 * 576.0)).epsilon(0.2));

  CHECK(moments(parameters[2].tensor).least == 1);
  CHECK(moments(parameters[2].tensor).most == 1);
  CHECK(moments(parameters[3].tensor).most == 0);
  CHECK(moments(model.buffers()[0].tensor).most == 0);
  CHECK(moments(model.buffers()[1].tensor).least == 1);

  const Moments linear = moments(parameters[4].tensor);  // U(-1, 1) / 20
  CHECK(linear.least >= -0.05f);
  CHECK(linear.most <= 0.05f);
  CHECK(linear.standard_deviation == Catch::Approx(0.05 / std::sqrt(3)).epsilon(0.01));
  const Moments linear_bias = moments(parameters[5].tensor);
  CHECK(linear_bias.most <= 0.05f);
  CHECK(linear_bias.standard_deviation == Catch::Approx(0.05 / std::sqrt(3)).epsilon(0.1));
}

TEST_CASE("initial values depend on seed and name, not on threads") {
  const auto values = [](uint64_t seed, const std::string& name) {
    Tensor t = Tensor::empty({100003});
    fill_normal(t, 1, seed, name);
    return t.to_vector();
  };
  const auto first = values(1, "a");
  CHECK(values(1, "a") == first);
  CHECK(values(2, "a") != first);
  CHECK(values(1, "b") != first);
  set_threads(1);
  CHECK(values(1, "a") == first);
  set_threads(0);
}

TEST_CASE("float32 values are the rounded float64 values") {
  Tensor single = Tensor::empty({1000}), twice = Tensor::empty({1000}, DType::f64);
  fill_uniform(single, 1, 1, "a");
  fill_uniform(twice, 1, 1, "a");
  for (int i = 0; i < 1000; ++i) CHECK(single.data<float>()[i] == static_cast<float>(twice.data<double>()[i]));
}

namespace {

// A layer with buffers of its own: a mask that stays, and a count that starts at 5.
class Masked : public Layer {
 public:
  Tensor forward(const Tensor& x) override { return mul(x, mask_); }
  void visit(Visitor& visitor) override {
    visitor.buffer("mask", mask_);
    visitor.buffer("count", count_);
  }
  void initialise(const Initial&) override { count_.fill(5); }

 private:
  Tensor mask_ = Tensor::full({3}, 1), count_ = Tensor::full({1}, 5);
};

}  // namespace

TEST_CASE("buffers start as their module says") {
  Sequential model;
  model.add<Masked>();
  model.add<BatchNorm>(3);
  for (const NamedTensor& buffer : model.buffers())
    if (buffer.name != "0.mask") Tensor(buffer.tensor).fill(-3);
  initialise(model, 1);
  const auto buffers = model.buffers();
  CHECK(buffers[0].tensor.to_vector() == std::vector<double>{1, 1, 1});
  CHECK(buffers[1].tensor.to_vector() == std::vector<double>{5});
  CHECK(buffers[2].tensor.to_vector() == std::vector<double>{0, 0, 0});
  CHECK(buffers[3].tensor.to_vector() == std::vector<double>{1, 1, 1});
  Masked alone;
  Tensor(alone.buffers()[1].tensor).fill(-3);
  initialise(alone, 1);
  CHECK(alone.buffers()[1].tensor.item() == 5);
}

namespace {

// A layer that begins with values of its own, inside of one that has another wish for its bias.
class Scale : public Layer {
 public:
  Tensor forward(const Tensor& x) override { return mul(x, weight_); }
  void visit(Visitor& visitor) override {
    visitor.parameter("weight", weight_, Kind::linear);
    visitor.parameter("bias", bias_, Kind::bias);
  }
  void initialise(const Initial& initial) override {
    initial.normal("weight", 10);
    initial.fill("bias", 1);
  }

 private:
  Tensor weight_ = Tensor::zeros({100, 3}).set_requires_grad(), bias_ = Tensor::zeros({3}).set_requires_grad();
};

class Head : public Sequential {
 public:
  Head() {
    add<Linear>(3, 50);
    add_named<Scale>("embedding");
  }
  void initialise(const Initial& initial) override {
    initial.uniform("0.weight", 7);
    initial.fill("embedding.bias", -4);
  }
};

std::map<std::string, std::vector<double>> values_of(Module& module) {
  std::map<std::string, std::vector<double>> values;
  for (const NamedTensor& parameter : module.parameters()) values[parameter.name] = parameter.tensor.to_vector();
  return values;
}

}  // namespace

TEST_CASE("modules begin with values of their own, parents after their children") {
  Sequential model, other;
  model.add_named<Head>("head");
  model.add_named<Linear>("fc", 3, 50);
  initialise(model, 1);
  const auto values = values_of(model);
  CHECK(values.at("head.embedding.bias") == std::vector<double>{-4, -4, -4});
  const Moments embedding = moments(model.parameters()[2].tensor), weight = moments(model.parameters()[0].tensor);
  CHECK(embedding.standard_deviation == Catch::Approx(10).epsilon(0.2));
  CHECK(weight.most > 5);
  CHECK(weight.most < 7);

  SECTION("they follow from seed, network and name") {
    other.add_named<Linear>("fc", 3, 50);
    other.add_named<Head>("head");
    initialise(other, 1);
    CHECK(values_of(other) == values);
    for (const auto& [seed, network] : {std::pair{2, 0}, std::pair{1, 1}}) {
      initialise(other, static_cast<uint64_t>(seed), static_cast<uint32_t>(network));
      for (const auto& [name, first] : values)
        CHECK((values_of(other).at(name) == first) == (name == "head.embedding.bias"));
    }
    Tensor expected = Tensor::empty({50, 3});
    fill_uniform(expected, 7, 1, "network 1: head.0.weight");
    CHECK(values_of(other).at("head.0.weight") == expected.to_vector());
  }
  SECTION("a module that is the whole has no path") {
    Head alone;
    initialise(alone, 1);
    Tensor expected = Tensor::empty({50, 3});
    fill_uniform(expected, 7, 1, "0.weight");
    CHECK(values_of(alone).at("0.weight") == expected.to_vector());
    CHECK_THROWS_WITH(Initial(alone, 1, "head.").fill("0.wieght", 1),
                      Catch::Matchers::ContainsSubstring("\"head.0.wieght\" is no parameter (did you mean 0.weight?)"));
  }
}

TEST_CASE("networks of one seed with different numbers start differently") {
  const auto values = [](uint64_t seed, uint32_t network) {
    Linear layer(5, 4);
    initialise(layer, seed, network);
    return layer.parameters()[0].tensor.to_vector();
  };
  CHECK(values(1, 0) == values(1, 0));
  CHECK(values(1, 2) == values(1, 2));
  CHECK(values(1, 0) != values(1, 1));
  CHECK(values(1, 1) != values(1, 2));
  CHECK(values(1, 1) != values(2, 1));
}
