#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/parameterless.h"
#include "nn/sequential.h"
#include "tests/catch.h"

using namespace radial;

namespace {

Sequential small_model() {
  Sequential model;
  model.add<Conv2d>(3, 4, Conv2d::Options{.kernel = 3, .bias = true});
  model.add<BatchNorm>(4);
  auto& block = model.add_named<Sequential>("block");
  block.add<Relu>();
  block.add<GlobalAvgPool>();
  block.add_named<Linear>("fc", 4, 2);
  return model;
}

std::string names_of(const std::vector<NamedTensor>& tensors) {
  std::string names;
  for (const NamedTensor& t : tensors) names += t.name + " " + name_of(t.kind) + "\n";
  return names;
}

}  // namespace

TEST_CASE("parameters and buffers have the paths of their modules, in order") {
  Sequential model = small_model();
  CHECK(names_of(model.parameters()) ==
        "0.weight conv\n0.bias bias\n1.weight norm\n1.bias bias\nblock.fc.weight linear\nblock.fc.bias bias\n");
  CHECK(names_of(model.buffers()) == "1.running_mean buffer\n1.running_var buffer\n");
  CHECK(model.parameter_count() == 4 * 27 + 4 + 4 + 4 + 8 + 2);
}

TEST_CASE("training and evaluation reach every module") {
  Sequential model = small_model();
  auto& block = dynamic_cast<Sequential&>(model[2]);
  CHECK(block[2].training());
  model.eval();
  CHECK(!model.training());
  CHECK(!model[1].training());
  CHECK(!block[2].training());
  model.train();
  CHECK(block[2].training());
}

TEST_CASE("parameters share data and gradients with the module") {
  Sequential model = small_model();
  model.parameters()[0].tensor.fill(2);
  CHECK(model.parameters()[0].tensor.to_vector()[5] == 2);

  sum(model.forward(Tensor::full({2, 5, 5, 3}, 1))).backward();
  for (const NamedTensor& parameter : model.parameters()) CHECK(parameter.tensor.grad().defined());
  model.zero_grad();
  for (const NamedTensor& parameter : model.parameters()) CHECK(!parameter.tensor.grad().defined());
}

TEST_CASE("a module that lies on the device already keeps data and gradients") {
  Sequential model = small_model();
  CHECK(model.device() == Device{});
  sum(model.forward(Tensor::full({2, 5, 5, 3}, 1))).backward();
  const std::vector<NamedTensor> parameters = model.parameters(), buffers = model.buffers();
  model.to(Device{});
  for (size_t i = 0; i < parameters.size(); ++i) {
    CHECK(model.parameters()[i].tensor.shares_storage_with(parameters[i].tensor));
    CHECK(model.parameters()[i].tensor.grad().defined());
  }
  for (size_t i = 0; i < buffers.size(); ++i) CHECK(model.buffers()[i].tensor.shares_storage_with(buffers[i].tensor));
}

TEST_CASE("a module is converted as a whole") {
  Sequential model = small_model();
  model.to(DType::f64);
  for (const auto& list : {model.parameters(), model.buffers()}) {
    for (const NamedTensor& t : list) CHECK(t.tensor.dtype() == DType::f64);
  }
  for (const NamedTensor& t : model.parameters()) CHECK(t.tensor.requires_grad());
  const Tensor y = model.forward(Tensor::full({2, 5, 5, 3}, 1, DType::f64));
  CHECK(y.dtype() == DType::f64);
  CHECK_THROWS_WITH(model.to(DType::i32), Catch::Matchers::ContainsSubstring("not int32"));
}

TEST_CASE("a frozen batch norm stays in evaluation through train(), and is as it was after a trace") {
  Sequential model = small_model();
  auto& norm = dynamic_cast<BatchNorm&>(model[1]);
  norm.freeze();
  CHECK(norm.frozen());
  CHECK_FALSE(norm.training());
  model.train();
  CHECK(model.training());
  CHECK_FALSE(norm.training());
  const auto statistics = norm.buffers()[0].tensor.to_vector();
  model.forward(Tensor::full({2, 5, 5, 3}, 3));
  CHECK(norm.buffers()[0].tensor.to_vector() == statistics);
  norm.freeze(false);
  CHECK_FALSE(norm.training());
  model.train();
  CHECK(norm.training());
}

TEST_CASE("a mode of evaluation ends with each module as it was") {
  Sequential model = small_model();
  model[1].eval();
  {
    const EvaluationMode evaluation(model);
    CHECK_FALSE(model.training());
    CHECK_FALSE(model[0].training());
    CHECK_FALSE(model[1].training());
  }
  CHECK(model.training());
  CHECK(model[0].training());
  CHECK_FALSE(model[1].training());
}

namespace {

// A fixed part of a network: never in training, nor are its children.
class FixedPart : public Sequential {
 public:
  void train(bool) override { Sequential::train(false); }
};

}  // namespace

TEST_CASE("a module decides over its children's training") {
  Sequential model;
  auto& fixed = model.add<FixedPart>();
  fixed.add<BatchNorm>(3);
  model.add<BatchNorm>(3);
  model.train();
  CHECK_FALSE(fixed.training());
  CHECK_FALSE(fixed[0].training());
  CHECK(model[1].training());
}

namespace {

// A layer whose names are those of what it wraps, and one of its own.
class Wrapped : public Layer {
 public:
  Tensor forward(const Tensor& x) override { return fc_(inner_(x)); }
  void visit(Visitor& visitor) override {
    visitor.nameless(inner_);
    visitor.module("fc", fc_);
  }
  Sequential& inner() { return inner_; }

 private:
  Sequential inner_ = small_model();
  Linear fc_{2, 3};
};

struct Prefixes : Visitor {
  std::vector<std::string> list;
  void on_module(const std::string& prefix, Module&) override { list.push_back(prefix); }
};

}  // namespace

TEST_CASE("the names of a nameless child are its parent's own") {
  Sequential model;
  auto& wrapped = model.add_named<Wrapped>("part");
  CHECK(names_of(wrapped.parameters()) ==
        "0.weight conv\n0.bias bias\n1.weight norm\n1.bias bias\nblock.fc.weight linear\nblock.fc.bias bias\n"
        "fc.weight linear\nfc.bias bias\n");
  CHECK(model.parameters()[2].name == "part.1.weight");
  CHECK(names_of(model.buffers()) == "part.1.running_mean buffer\npart.1.running_var buffer\n");
  Prefixes alone;
  wrapped.visit(alone);
  CHECK(alone.list == std::vector<std::string>{"", "0.", "1.", "block.", "block.0.", "block.1.", "block.fc.", "fc."});
  Prefixes inside;
  model.visit(inside);
  CHECK(std::vector(inside.list.begin(), inside.list.begin() + 3) ==
        std::vector<std::string>{"part.", "part.", "part.0."});
}

TEST_CASE("training and evaluation reach nameless children as modules of their own") {
  Wrapped model;
  dynamic_cast<BatchNorm&>(model.inner()[1]).freeze();
  model.eval();
  CHECK_FALSE(model.inner().training());
  CHECK_FALSE(model.inner()[0].training());
  model.train();
  CHECK(model.inner().training());
  CHECK(model.inner()[0].training());
  CHECK_FALSE(model.inner()[1].training());
  {
    const EvaluationMode evaluation(model);
    CHECK_FALSE(model.inner().training());
  }
  CHECK(model.inner().training());
}

TEST_CASE("an empty batch passes every parameterless layer that has pixels to look at") {
  const Tensor none = Tensor::zeros({0, 4, 4, 3});
  CHECK(Relu().forward(none).shape() == Shape{0, 4, 4, 3});
  CHECK(Flatten().forward(none).shape() == Shape{0, 48});
  CHECK(Flatten().forward(Tensor::zeros({2, 0, 3})).shape() == Shape{2, 0});
  CHECK(GlobalAvgPool().forward(none).shape() == Shape{0, 3});
  CHECK(MaxPool2d({}).forward(none).shape() == Shape{0, 2, 2, 3});
  CHECK(AvgPool2d({}).forward(none).shape() == Shape{0, 2, 2, 3});
  CHECK_THROWS_AS(Flatten().forward(Tensor::scalar(1)), Error);
  CHECK_THROWS_AS(Flatten().forward(Tensor()), Error);
}
