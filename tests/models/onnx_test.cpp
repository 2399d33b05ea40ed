// The graphs that are exported compute what the networks do.
#include <cmath>

#include "core/autograd.h"
#include "models/mobilenet.h"
#include "models/models.h"
#include "models/resnet.h"
#include "models/vgg.h"
#include "nn/onnx_graph.h"
#include "nn/parameterless.h"
#include "nn/sequential.h"
#include "tests/catch.h"
#include "tests/models/formula.h"
#include "tests/models/onnx_interpreter.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

OnnxTensor channels_first(const Tensor& pictures) {
  const Tensor in_order = permute(pictures, {0, 3, 1, 2});
  return {{in_order.shape().begin(), in_order.shape().end()}, in_order.to_vector()};
}

Tensor per_channel(const std::array<double, 3>& values, int channels) {
  return Tensor::from(std::vector<double>(values.begin(), values.begin() + channels), {channels});
}

// Both in float64, for more pictures than the graph was made from.
void check_same_logits(Layer& network, int size, const std::optional<PixelScale>& pixels = {}, int channels = 3) {
  formula::fill(network);
  const OnnxModel graph = onnx_graph(network, {size, size, channels}, pixels);
  network.to(DType::f64);
  network.eval();
  const NoGrad no_grad;
  const Tensor pictures = formula::tensor("pictures", {3, size, size, channels}).to(DType::f64);
  const OnnxTensor logits = compute_onnx(graph, channels_first(pictures));
  Tensor input = pictures;
  if (pixels) input = (pictures - per_channel(pixels->mean, channels)) / per_channel(pixels->std, channels);
  const Tensor expected = network(input);
  REQUIRE(logits.shape == std::vector<int64_t>{3, expected.dim(1)});
  const std::vector<double> values = expected.to_vector();
  double scale = 0, difference = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    scale = std::max(scale, std::abs(values[i]));
    difference = std::max(difference, std::abs(values[i] - logits.values[i]));
  }
  CHECK(scale > 1e-3);
  CHECK(difference < 2e-6 * scale);  // eps is a float there
}

}  // namespace

// Of few channels, since the interpreter is slow.
TEST_CASE("exported classifiers compute the same logits") {
  SECTION("of grey pictures, with the numbers of their one channel") {
    const auto network = make_model({.arch = "convnet", .classes = 3, .image_size = 16, .in_channels = 1});
    check_same_logits(*network, 16, PixelScale{{0.5, 9, 9}, {0.25, 9, 9}}, 1);
  }
  SECTION("ResNets") {
    const bool bottleneck = GENERATE(false, true);
    const Stem stem = GENERATE(Stem::imagenet, Stem::cifar);
    ResNet network({.bottleneck = bottleneck, .blocks = {1, 2, 1, 1}, .width = 4, .classes = 3, .stem = stem});
    check_same_logits(network, stem == Stem::cifar ? 8 : 40);
  }
  SECTION("MobileNetV2") {
    MobileNetV2 network({.width = 0.1, .classes = 3});
    check_same_logits(network, 32);
  }
  SECTION("the others") {
    const auto options =
        GENERATE(ModelOptions{.arch = "wide_resnet10_2", .classes = 3, .image_size = 8},
                 ModelOptions{.arch = "wide_resnet16_1", .classes = 3, .image_size = 8, .shortcut = Shortcut::conv},
                 ModelOptions{.arch = "bagnet18", .classes = 3, .image_size = 15},
                 ModelOptions{.arch = "rebias_conv7_half", .classes = 3, .image_size = 8},
                 ModelOptions{.arch = "convnet", .classes = 3, .image_size = 8},
                 ModelOptions{.arch = "mlp", .classes = 3, .image_size = 8});
    INFO(options.arch);
    check_same_logits(*make_model(options), options.image_size);
  }
}

TEST_CASE("an exported VGG averages cells and keeps PyTorch's order of features") {
  const int size = GENERATE(32, 96);  // of 1 and 3 pixels at the end
  Vgg network({.batch_norm = true, .width = 1, .hidden = 8, .classes = 2});
  check_same_logits(network, size);
}

TEST_CASE("where a VGG ends with 7 x 7 pixels its cells are not averaged") {
  Vgg network({.width = 1, .hidden = 8, .classes = 2});
  for (const OnnxNode& node : onnx_graph(network, {224, 224, 3}).nodes) CHECK(node.op != "Transpose");
  CHECK(onnx_graph(network, {256, 256, 3}).nodes.size() > onnx_graph(network, {224, 224, 3}).nodes.size());
}

TEST_CASE("an exported network may normalise pixels itself") {
  check_same_logits(*make_model({.arch = "convnet", .classes = 3, .image_size = 8}), 8,
                    PixelScale{{0.25, 0.5, 0.125}, {0.5, 0.25, 2}});
}

TEST_CASE("an exported graph has names, shapes and weights as files have them") {
  const auto network = make_model({.arch = "resnet18", .classes = 5, .image_size = 32});
  const OnnxModel graph = onnx_graph(*network, {32, 32, 3});
  CHECK(graph.inputs.at(0).shape == std::vector<int64_t>{-1, 3, 32, 32});
  CHECK(graph.outputs.at(0).name == "logits");
  CHECK(graph.outputs.at(0).shape == std::vector<int64_t>{-1, 5});
  std::map<std::string, Tensor> constants(graph.constants.begin(), graph.constants.end());
  CHECK(constants.size() == network->parameters().size() + network->buffers().size());
  CHECK(constants.at("conv1.weight").shape() == Shape{64, 3, 7, 7});
  CHECK(constants.contains("layer2.0.downsample.1.running_var"));
  for (const OnnxNode& node : graph.nodes) CHECK(node.op != "Transpose");  // pictures stay as they came
}

TEST_CASE("what has no counterpart in ONNX is refused by name") {
  Sequential unknown;
  unknown.add<Gelu>();
  unknown.add<GlobalAvgPool>();
  CHECK_THROWS_WITH(onnx_graph(unknown, {8, 8, 3}), ContainsSubstring("\"gelu\""));

  // A mean over the pictures of the batch.
  struct OverPictures : Layer {
    Tensor forward(const Tensor& x) override { return reshape(x, {1, x.numel()}); }
    void visit(Visitor&) override {}
  } over_pictures;
  CHECK_THROWS_WITH(onnx_graph(over_pictures, {8, 8, 3}), ContainsSubstring("number of pictures"));

  // Made of the pixels where no observer sees it: it would be taken for a constant.
  struct Unseen : Layer {
    Tensor forward(const Tensor& x) override {
      Tensor sums = Tensor::zeros({1, x.slice_numel()});
      sums.fill(x.to_vector()[1]);
      return reshape(x, {x.dim(0), x.slice_numel()}) + sums;
    }
    void visit(Visitor&) override {}
  } unseen;
  CHECK_THROWS_WITH(onnx_graph(unseen, {8, 8, 3}), ContainsSubstring("\"add\""));
}
