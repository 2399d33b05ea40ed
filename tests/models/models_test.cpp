#include "models/models.h"

#include <cmath>

#include "core/ops.h"
#include "models/convnet.h"
#include "models/resnet.h"
#include "nn/init.h"
#include "tests/catch.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("parameter counts are torchvision's") {
  CHECK(ResNet(resnet18()).parameter_count() == 11'689'512);
  CHECK(ResNet(resnet34()).parameter_count() == 21'797'672);
  CHECK(ResNet(resnet50()).parameter_count() == 25'557'032);
}

TEST_CASE("every model goes forward and backward, in training and evaluation") {
  const std::string arch = GENERATE("resnet18", "resnet34", "resnet50", "convnet", "mlp");
  const auto model = make_model({.arch = arch, .classes = 3, .stem = Stem::cifar, .image_size = 8});
  const Tensor x = Tensor::full({2, 8, 8, 3}, 0.5);
  const Tensor loss = cross_entropy(model->forward(x), Tensor::from<int32_t>({0, 2}, {2}));
  CHECK(std::isfinite(loss.item()));
  loss.backward();
  for (const NamedTensor& parameter : model->parameters()) {
    INFO(parameter.name);
    CHECK(parameter.tensor.grad().defined());
  }
  model->eval();
  CHECK(model->forward(x).shape() == Shape{2, 3});
}

TEST_CASE("the names of a ResNet are torchvision's, in its order") {
  std::string names;
  for (const NamedTensor& parameter : ResNet({.blocks = {1, 1, 1, 1}, .width = 8, .classes = 2}).parameters())
    if (parameter.kind != Kind::norm) names += parameter.name + " ";
  CHECK(names ==
        "conv1.weight bn1.bias layer1.0.conv1.weight layer1.0.bn1.bias layer1.0.conv2.weight layer1.0.bn2.bias "
        "layer2.0.conv1.weight layer2.0.bn1.bias layer2.0.conv2.weight layer2.0.bn2.bias layer2.0.downsample.0.weight "
        "layer2.0.downsample.1.bias layer3.0.conv1.weight layer3.0.bn1.bias layer3.0.conv2.weight layer3.0.bn2.bias "
        "layer3.0.downsample.0.weight layer3.0.downsample.1.bias layer4.0.conv1.weight layer4.0.bn1.bias "
        "layer4.0.conv2.weight layer4.0.bn2.bias layer4.0.downsample.0.weight layer4.0.downsample.1.bias fc.weight "
        "fc.bias ");
}

TEST_CASE("the stages of a backbone have the channels and strides that they say, the last is its result") {
  std::unique_ptr<PooledClassifier> model;
  SECTION("resnet18") { model = std::make_unique<ResNet>(resnet18()); }
  SECTION("resnet50") { model = std::make_unique<ResNet>(resnet50()); }
  SECTION("resnet34 for small pictures") {
    ResNetOptions options = resnet34();
    options.stem = Stem::cifar;
    model = std::make_unique<ResNet>(options);
  }
  SECTION("convnet") { model = std::make_unique<ConvNet>(5); }
  initialise(*model, 1);
  model->eval();
  const NoGrad no_grad;
  Backbone& backbone = model->backbone();
  const Tensor x = Tensor::full({1, 64, 64, 3}, 0.5);
  Tensor y = x;
  for (size_t i = 0; i < backbone.stages(); ++i) {
    CAPTURE(i);
    y = backbone.stage(i, y);
    const int64_t size = 64 / backbone.stride(i);
    CHECK(y.shape() == Shape{1, size, size, backbone.channels(i)});
  }
  CHECK(backbone(x).to_vector() == y.to_vector());
  CHECK(model->features(x).to_vector() == global_avg_pool(y).to_vector());
}

TEST_CASE("the stages of a ResNet are the stem and four layers of blocks") {
  ResNet model(resnet50());
  Backbone& backbone = model.backbone();
  const auto listed = [&](auto&& number) {
    std::vector<int64_t> numbers;
    for (size_t i = 0; i < backbone.stages(); ++i) numbers.push_back(number(i));
    return numbers;
  };
  CHECK(listed([&](size_t i) { return backbone.channels(i); }) == std::vector<int64_t>{64, 256, 512, 1024, 2048});
  CHECK(listed([&](size_t i) { return backbone.stride(i); }) == std::vector<int64_t>{4, 4, 8, 16, 32});
}

TEST_CASE("logits are made of features by the last layer") {
  const auto [arch, width, last] = GENERATE(
      table<std::string, int64_t, std::string>({{"resnet18", 512, "fc"}, {"convnet", 128, "fc"}, {"mlp", 256, "fc3"}}));
  CAPTURE(arch);
  const auto model = make_model({.arch = arch, .classes = 3, .stem = Stem::cifar, .image_size = 8});
  model->eval();
  const Tensor x = Tensor::full({2, 8, 8, 3}, 0.5), features = model->features(x);
  CHECK(features.shape() == Shape{2, width});
  const Tensor logits = model->forward(x);
  CHECK(model->logits(features).to_vector() == logits.to_vector());

  const auto parameters = model->parameters();
  const NamedTensor &weight = parameters[parameters.size() - 2], &bias = parameters.back();
  CHECK(weight.name == last + ".weight");
  CHECK(linear(features, weight.tensor, bias.tensor).to_vector() == logits.to_vector());
}

TEST_CASE("a seed gives a model its values") {
  const auto values = [](const std::string& arch, uint64_t seed) {
    const auto model = make_model({.arch = arch, .classes = 4, .image_size = 8, .seed = seed});
    return model->parameters()[0].tensor.to_vector();
  };
  CHECK(values("convnet", 1) == values("convnet", 1));
  CHECK(values("convnet", 1) != values("convnet", 2));
}

TEST_CASE("names, classes and sizes that do not fit are usage errors") {
  CHECK_THROWS_WITH(make_model({.arch = "resnet19"}),
                    ContainsSubstring("\"resnet19\" is unknown (did you mean resnet18?)"));
  CHECK_THROWS_WITH(make_model({.arch = "vgg"}),
                    ContainsSubstring("resnet18, resnet34, resnet50, convnet, mlp") && !ContainsSubstring("did you"));
  CHECK_THROWS_WITH(make_model({.arch = "resnet18", .classes = 0}), ContainsSubstring("at least 1 class but got 0"));
  CHECK_THROWS_WITH(make_model({.arch = "resnet18", .image_size = 16}),
                    ContainsSubstring("at least 32 pixels but the image size is 16"));
  CHECK_THROWS_WITH(make_model({.arch = "mlp", .image_size = 0}), ContainsSubstring("at least 1 pixels"));
  const auto mlp = make_model({.arch = "mlp", .classes = 2, .image_size = 4});
  CHECK_THROWS_WITH(mlp->forward(Tensor::zeros({2, 5, 5, 3})), ContainsSubstring("made for [n, 4, 4, 3]"));
}

TEST_CASE("options survive in metadata") {
  const ModelOptions options = {.arch = "resnet34", .classes = 7, .stem = Stem::cifar, .image_size = 48, .seed = 3};
  const ModelOptions back = from_metadata(to_metadata(options), {}, "a.safetensors");
  CHECK(back.arch == "resnet34");
  CHECK(back.classes == 7);
  CHECK(back.stem == Stem::cifar);
  CHECK(back.image_size == 48);

  const ModelOptions kept = from_metadata({{"format", "pt"}}, options, "a.safetensors");
  CHECK(kept.arch == "resnet34");
  CHECK(kept.classes == 7);

  const auto load = [](const char* key, const char* value) { from_metadata({{key, value}}, {}, "a.safetensors"); };
  CHECK_THROWS_WITH(load("radial.classes", "x"), ContainsSubstring("must be a positive number (a.safetensors)"));
  CHECK_THROWS_WITH(load("radial.arch", "vgg"), ContainsSubstring("\"vgg\", which is unknown (a.safetensors)"));
  CHECK_THROWS_WITH(load("radial.stem", "x"), ContainsSubstring("imagenet or cifar (a.safetensors)"));
}

TEST_CASE("metadata asks for no more than the file has") {
  TensorFile file;
  file.tensors["fc.weight"] = Tensor::zeros({10, 48});
  const auto check_file = [&](const ModelOptions& options) { check_sizes(options, file, "a.safetensors"); };
  CHECK_NOTHROW(check_file({.arch = "mlp", .classes = 10, .image_size = 4}));
  CHECK_THROWS_WITH(check_file({.classes = 2147483647}), ContainsSubstring("no tensor of the file has as many rows"));
  CHECK_THROWS_WITH(check_file({.arch = "mlp", .classes = 10, .image_size = 2147483647}),
                    ContainsSubstring("2147483647 x 2147483647 pixels") && ContainsSubstring("(a.safetensors)"));
  file.tensors["empty"] = Tensor::zeros({1 << 20, 0});
  CHECK_THROWS_AS(check_file({.classes = 1 << 20}), Error);
}
