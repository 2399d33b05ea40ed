#include "nn/freeze.h"

#include <map>

#include "nn/init.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/parameterless.h"
#include "nn/sequential.h"
#include "tests/catch.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

Sequential conv_stage(int64_t in, int64_t out) {
  Sequential stage;
  stage.add_named<Conv2d>("conv", in, out, Conv2d::Options{.kernel = 3, .padding = 1});
  stage.add_named<BatchNorm>("bn", out);
  stage.add_named<Relu>("relu");
  return stage;
}

Sequential two_stages() {
  Sequential model;
  model.add_named<Sequential>("layer1", conv_stage(3, 4));
  model.add_named<Sequential>("layer2", conv_stage(4, 5));
  model.add_named<GlobalAvgPool>("pool");
  model.add_named<Linear>("fc", 5, 2);
  initialise(model, 1);
  return model;
}

BatchNorm& norm_of(Sequential& model, size_t layer) {
  return dynamic_cast<BatchNorm&>(dynamic_cast<Sequential&>(model[layer])[1]);
}

Tensor pictures() {
  Tensor x = Tensor::empty({3, 6, 6, 3});
  fill_normal(x, 1, 2, "pictures");
  return x;
}

std::map<std::string, std::vector<double>> gradients(Module& model) {
  std::map<std::string, std::vector<double>> all;
  for (const NamedTensor& parameter : model.parameters())
    if (const Tensor gradient = parameter.tensor.grad()) all[parameter.name] = gradient.to_vector();
  return all;
}

std::vector<std::string> listed(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

Tensor loss_of(Layer& model, const Tensor& x) { return cross_entropy(model(x), Tensor::from<int32_t>({0, 1, 1}, {3})); }

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("frozen parameters need no gradient, the others get theirs as before") {
  Sequential model = two_stages(), whole = two_stages();
  CHECK(freeze(model, Words{"layer2", "*.bn.bias"}) ==
        Words{"layer1.bn.bias", "layer2.conv.weight", "layer2.bn.weight", "layer2.bn.bias"});
  CHECK(listed(trainable(model)) == Words{"layer1.conv.weight", "layer1.bn.weight", "fc.weight", "fc.bias"});
  CHECK(listed(model.parameters()) == listed(whole.parameters()));
  norm_of(whole, 1).freeze();  // the only difference to what is computed
  loss_of(model, pictures()).backward();
  loss_of(whole, pictures()).backward();
  const auto some = gradients(model), all = gradients(whole);
  CHECK(some.size() == 4);
  CHECK(all.size() == 8);
  for (const auto& [name, gradient] : some) {
    INFO(name);
    CHECK(gradient == all.at(name));
  }
}

TEST_CASE("the tape ends at the first part that is trained") {
  Sequential model = two_stages();
  freeze(model, Words{"layer1", "layer2"});
  CHECK_FALSE(model[1](model[0](pictures())).requires_grad());
  CHECK(model(pictures()).requires_grad());
  freeze(model, Words{"*"});
  CHECK(trainable(model).empty());
  CHECK_THROWS_WITH(loss_of(model, pictures()).backward(), ContainsSubstring("needs no gradient"));
}

TEST_CASE("a batch norm whose weight is frozen uses and keeps its running statistics") {
  Sequential model = two_stages();
  freeze(model, Words{"layer1", "layer2.bn.bias"});
  model.train();
  CHECK(norm_of(model, 0).frozen());
  CHECK_FALSE(norm_of(model, 0).training());
  CHECK_FALSE(norm_of(model, 1).frozen());  // its weight is trained
  const auto values = [&](size_t i) { return model.buffers()[i].tensor.to_vector(); };
  const auto kept = values(0), moves = values(2);
  model(pictures());
  CHECK(values(0) == kept);
  CHECK(values(2) != moves);

  BatchNorm alone(3);
  freeze(alone, Words{"weight"});
  CHECK(alone.frozen());
}

TEST_CASE("what is frozen stays so through conversions") {
  Sequential model = two_stages();
  freeze(model, Words{"layer1"});
  const Words trained = listed(trainable(model));
  model.to(DType::f64);
  CHECK(listed(trainable(model)) == trained);
  CHECK(model.parameters()[0].tensor.dtype() == DType::f64);
  model.to(Device{});
  CHECK(listed(trainable(model)) == trained);
}

TEST_CASE("a pattern that fits no parameter freezes nothing") {
  Sequential model = two_stages();
  CHECK_THROWS_WITH(freeze(model, Words{"layer1", "layer3"}),
                    ContainsSubstring("freeze: \"layer3\" fits no name (did you mean layer1?)"));
  CHECK_THROWS_WITH(freeze(model, Words{"layer1.bn.running_mean"}), ContainsSubstring("fits no name"));  // a buffer
  CHECK(trainable(model).size() == model.parameters().size());
  CHECK_FALSE(norm_of(model, 0).frozen());
}

TEST_CASE("gradients of the input alone, and then of the parameters again") {
  Sequential model = two_stages();
  freeze(model, Words{"layer2"});
  const EvaluationMode evaluation(model);  // so that nothing moves
  const Tensor before = pictures().set_requires_grad();
  loss_of(model, before).backward();
  const auto own = gradients(model);
  const std::vector<NamedTensor> handles = trainable(model);

  Tensor x = pictures().set_requires_grad();
  {
    const NoParameterGradients none(model);
    CHECK(trainable(model).empty());
    loss_of(model, x).backward();
    model.zero_grad();
  }
  CHECK(x.grad().to_vector() == before.grad().to_vector());
  CHECK(gradients(model) == own);
  CHECK(listed(trainable(model)) == listed(handles));

  model.zero_grad();
  loss_of(model, pictures()).backward();  // arrives where an optimizer looks
  for (const NamedTensor& handle : handles) {
    INFO(handle.name);
    CHECK(handle.tensor.grad().to_vector() == own.at(handle.name));
  }
}
