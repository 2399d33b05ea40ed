#include "nn/summary.h"

#include "models/models.h"
#include "tests/catch.h"

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
  const std::string arch = GENERATE("resnet50", "convnet", "mlp");
  const auto model = make_model({.arch = arch, .classes = 5, .stem = Stem::cifar, .image_size = 8});
  const ModelSummary summary = summarise(*model, {1, 8, 8, 3});
  CHECK(summary.parameters == model->parameter_count());
  for (const LayerSummary& layer : summary.layers) {
    INFO(arch << " " << layer.name);
    const bool last = &layer == &summary.layers.back();
    CHECK(layer.scale_invariant == (layer.kind != Kind::norm && !last));
  }
}
