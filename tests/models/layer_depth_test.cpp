// How far layers are from the head: timm's for ResNets (tests/golden/make_layer_depth_golden.py), by name for others.
#include "nn/layer_depth.h"

#include "io/csv.h"
#include "models/models.h"
#include "tests/catch.h"

using namespace radial;

namespace {

std::map<std::string, int> depths_of(const std::string& arch) {
  ModelOptions options;
  options.arch = arch;
  std::map<std::string, int> depths;
  const std::vector<LayerParameters> layers = layers_from_head(*make_model(options));
  for (size_t i = 0; i < layers.size(); ++i)
    for (const std::string& parameter : layers[i].parameters) depths[parameter] = static_cast<int>(i);
  return depths;
}

}  // namespace

TEST_CASE("layers of ResNets are as far from the head as timm's") {
  const CsvTable golden = CsvTable::read(RADIAL_SOURCE_DIR "/tests/golden/layer_depth.csv");
  for (const char* arch : {"resnet18", "resnet50"}) {
    std::map<std::string, int> expected;
    for (size_t row = 0; row < golden.texts("arch").size(); ++row)
      if (golden.texts("arch")[row] == arch)
        expected[golden.texts("parameter")[row]] = static_cast<int>(golden.numbers("depth")[row]);
    CHECK(depths_of(arch) == expected);
  }
}

TEST_CASE("layers of other classifiers are counted from the head, norms with what is before them") {
  auto depths = depths_of("convnet");
  CHECK(depths.at("fc.bias") == 0);
  CHECK(depths.at("bn3.weight") == 1);
  CHECK(depths.at("conv3.weight") == 1);
  CHECK(depths.at("conv1.weight") == 3);
  depths = depths_of("vgg16_bn");  // 13 convolutions, 3 linear layers
  CHECK(depths.at("classifier.6.weight") == 0);
  CHECK(depths.at("classifier.0.weight") == 2);
  CHECK(depths.at("features.40.weight") == 3);
  CHECK(depths.at("features.41.bias") == 3);
  CHECK(depths.at("features.0.weight") == 15);
  depths = depths_of("mobilenet_v2");  // a first and a last convolution, 17 blocks
  CHECK(depths.at("classifier.1.weight") == 0);
  CHECK(depths.at("features.18.0.weight") == 1);
  CHECK(depths.at("features.1.conv.0.1.weight") == 18);
  CHECK(depths.at("features.0.0.weight") == 19);
  depths = depths_of("wide_resnet10_2");
  CHECK(depths.at("bn1.weight") == 1);
  CHECK(depths.at("block3.layer.0.conv2.weight") == 1);
  CHECK(depths.at("conv1.weight") == 4);
}

TEST_CASE("rates decay with the distance from the head") {
  ModelOptions options;
  options.arch = "mlp";
  const auto network = make_model(options);
  const auto factors = layer_decay_factors(*network, 0.5);
  CHECK(factors.at("fc3.weight") == 1);
  CHECK(factors.at("bn2.bias") == 0.5);
  CHECK(factors.at("fc1.weight") == 0.25);
  CHECK_THROWS_AS(layer_decay_factors(*network, 0), Error);
  CHECK_THROWS_AS(layer_decay_factors(*network, 1.1), Error);
}
