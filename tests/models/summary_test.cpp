#include "nn/summary.h"

#include <cmath>

#include "core/autograd.h"
#include "models/mobilenet.h"
#include "models/models.h"
#include "models/vgg.h"
#include "models/wide_resnet.h"
#include "nn/homogeneity.h"
#include "nn/trace.h"
#include "tests/catch.h"
#include "tests/models/formula.h"

using namespace radial;

TEST_CASE("ResNet18's summary has the published counts") {
  const auto model = make_model({.arch = "resnet18"});
  const ModelSummary summary = summarise(*model, {1, 224, 224, 3});
  CHECK(summary.parameters == 11'689'512);
  CHECK(summary.multiply_adds == 1'814'073'344);
  CHECK(summary.layers.size() == 41);  // 20 convolutions, 20 norms, fc
  CHECK(model->training());

  // All convolutions are scale-invariant, fc and the norms are not.
  CHECK(summary.scale_invariant == 11'166'912);
  for (const LayerSummary& layer : summary.layers) {
    INFO(layer.name);
    CHECK(layer.scale_invariant == (layer.kind == Kind::conv));
  }

  CHECK(summary.layers[0].name == "conv1");
  CHECK(summary.layers[0].kind == Kind::conv);
  CHECK(summary.layers[0].shape == Shape{64, 7, 7, 3});
  CHECK(summary.layers[0].parameters == 9408);
  CHECK(summary.layers[0].multiply_adds == 118'013'952);
  CHECK(summary.layers[0].output == Shape{1, 112, 112, 64});
  CHECK(summary.layers[1].name == "bn1");
  CHECK(summary.layers[1].kind == Kind::norm);
  CHECK(summary.layers[1].parameters == 128);
  CHECK(summary.layers[1].multiply_adds == 0);
  CHECK(summary.layers[40].name == "fc");
  CHECK(summary.layers[40].parameters == 513'000);
  CHECK(summary.layers[40].multiply_adds == 512'000);
  CHECK(summary.layers[40].output == Shape{1, 1000});
}

TEST_CASE("the hidden weights of every model are scale-invariant") {
  const std::string arch = GENERATE("resnet50", "convnet", "mlp", "mobilenet_v2");
  const auto model = make_model(
      {.arch = arch, .classes = 5, .stem = arch == "resnet50" ? Stem::cifar : Stem::imagenet, .image_size = 8});
  const ModelSummary summary = summarise(*model, {1, 8, 8, 3});
  CHECK(summary.parameters == model->parameter_count());
  for (const LayerSummary& layer : summary.layers) {
    INFO(arch << " " << layer.name);
    const bool last = &layer == &summary.layers.back();
    CHECK(layer.scale_invariant == (layer.kind != Kind::norm && !last));
  }
}

// How much the logits of a training batch change, relatively, when a weight is scaled by one factor and by another.
static double change_between(double factor, double other, Layer& model, const Tensor& pictures, Tensor weight) {
  const NoGrad no_grad;
  const Tensor kept = weight.clone();
  const auto logits_at = [&](double scaling) {
    weight.copy_from(scale(kept, scaling));
    return model.forward(pictures).to_vector();
  };
  const auto before = logits_at(factor), after = logits_at(other);
  weight.copy_from(kept);
  double change = 0, size = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    change += std::abs(after[i] - before[i]);
    size += std::abs(before[i]);
  }
  return change / size;
}

TEST_CASE("which weights are scale-invariant follows from the structure, and is true") {
  std::unique_ptr<Layer> model;
  int size = 32;
  std::string invariant;  // what their names contain, and all such
  SECTION("MobileNetV2: all convolutions") {
    model = std::make_unique<MobileNetV2>(MobileNetV2Options{.width = 0.1, .classes = 5, .dropout = 0});
    invariant = "features";
  }
  SECTION("VGG with batch norms: all convolutions") {
    model = std::make_unique<Vgg>(VggOptions{.batch_norm = true, .width = 2, .hidden = 8, .classes = 5, .dropout = 0});
    invariant = "features";
  }
  SECTION("VGG without: none, because of the biases") {
    model = std::make_unique<Vgg>(VggOptions{.width = 2, .hidden = 8, .classes = 5, .dropout = 0});
    invariant = "none";
  }
  SECTION("wide ResNets: what a norm follows, not what is added to the shortcut") {
    const Shortcut shortcut = GENERATE(Shortcut::pad, Shortcut::conv);
    model =
        std::make_unique<WideResNet>(WideResNetOptions{.depth = 16, .widening = 2, .classes = 5, .shortcut = shortcut});
    invariant = "conv1";
    size = 8;
  }
  model->to(DType::f64);
  formula::fill(*model);
  const Tensor pictures = formula::pictures(4, size, DType::f64);
  const auto found = scale_invariant_weights(trace(*model, {1, size, size, 3}), model->parameters());
  for (const NamedTensor& parameter : model->parameters()) {
    if (parameter.kind != Kind::conv && parameter.kind != Kind::linear) continue;
    CAPTURE(parameter.name);
    CHECK((found.count(parameter.name) == 1) == (parameter.name.find(invariant) != std::string::npos));
    // Of large weights the eps of a norm does not count; what is added to a large one may not, either.
    if (found.count(parameter.name) == 1)
      CHECK(change_between(1e3, 1e4, *model, pictures, parameter.tensor) < 1e-3);
    else
      CHECK(change_between(1, 10, *model, pictures, parameter.tensor) > 1e-3);
  }
}
