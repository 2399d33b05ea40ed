#include "models/models.h"

#include <cmath>

#include "core/ops.h"
#include "models/convnet.h"
#include "models/mobilenet.h"
#include "models/resnet.h"
#include "models/vgg.h"
#include "models/wide_resnet.h"
#include "nn/init.h"
#include "tests/catch.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

// Only ResNets have one to choose.
static Stem small_stem(const std::string& arch) { return arch.starts_with("resnet") ? Stem::cifar : Stem::imagenet; }

TEST_CASE("parameter counts are torchvision's") {
  CHECK(ResNet(resnet18()).parameter_count() == 11'689'512);
  CHECK(ResNet(resnet34()).parameter_count() == 21'797'672);
  CHECK(ResNet(resnet50()).parameter_count() == 25'557'032);
  CHECK(MobileNetV2().parameter_count() == 3'504'872);
  CHECK(VggBackbone().parameter_count() == 14'714'688);
  CHECK(VggBackbone({.batch_norm = true}).parameter_count() == 14'723'136);
  CHECK(Vgg().parameter_count() == 138'357'544);
}

TEST_CASE("parameter counts of wide ResNets are the base's") {
  const auto count = [](const std::string& name, Shortcut shortcut) {
    WideResNetOptions options = wide_resnet(name).value();
    options.shortcut = shortcut;
    return WideResNet(options).parameter_count();
  };
  CHECK(count("wide_resnet34_10", Shortcut::pad) == 45'901'914);
  CHECK(count("wide_resnet28_10", Shortcut::pad) == 36'220'634);
  CHECK(count("wide_resnet34_10", Shortcut::conv) == 46'160'474);
  CHECK(count("wide_resnet28_10", Shortcut::conv) == 36'479'194);
}

TEST_CASE("every model goes forward and backward, in training and evaluation") {
  const std::string arch =
      GENERATE("resnet18", "resnet34", "resnet50", "convnet", "mlp", "mobilenet_v2", "wide_resnet10_1");
  const auto model = make_model({.arch = arch, .classes = 3, .stem = small_stem(arch), .image_size = 8});
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

TEST_CASE("the names of MobileNetV2, VGG and wide ResNets are their peers', in their order") {
  const auto names_of = [](Module& model, size_t first, size_t count) {
    std::string names;
    const auto parameters = model.parameters();
    for (size_t i = first; i < first + count; ++i) names += parameters.at(i).name + " ";
    return names + std::to_string(parameters.size());
  };
  MobileNetV2 mobilenet;
  CHECK(names_of(mobilenet, 0, 18) ==
        "features.0.0.weight features.0.1.weight features.0.1.bias features.1.conv.0.0.weight "
        "features.1.conv.0.1.weight features.1.conv.0.1.bias features.1.conv.1.weight features.1.conv.2.weight "
        "features.1.conv.2.bias features.2.conv.0.0.weight features.2.conv.0.1.weight features.2.conv.0.1.bias "
        "features.2.conv.1.0.weight features.2.conv.1.1.weight features.2.conv.1.1.bias features.2.conv.2.weight "
        "features.2.conv.3.weight features.2.conv.3.bias 158");
  CHECK(names_of(mobilenet, 153, 5) ==
        "features.18.0.weight features.18.1.weight features.18.1.bias classifier.1.weight classifier.1.bias 158");
  Vgg vgg({.width = 1, .hidden = 2, .classes = 2});
  CHECK(names_of(vgg, 0, 8) ==
        "features.0.weight features.0.bias features.2.weight features.2.bias features.5.weight features.5.bias "
        "features.7.weight features.7.bias 32");
  CHECK(names_of(vgg, 24, 8) ==
        "features.28.weight features.28.bias classifier.0.weight classifier.0.bias classifier.3.weight "
        "classifier.3.bias classifier.6.weight classifier.6.bias 32");
  Vgg vgg_bn({.batch_norm = true, .width = 1, .hidden = 2, .classes = 2});
  CHECK(names_of(vgg_bn, 0, 9) ==
        "features.0.weight features.0.bias features.1.weight features.1.bias features.3.weight features.3.bias "
        "features.4.weight features.4.bias features.7.weight 58");
  CHECK(names_of(vgg_bn, 48, 4) == "features.40.weight features.40.bias features.41.weight features.41.bias 58");
  WideResNet wide({.depth = 16, .widening = 2, .shortcut = Shortcut::conv});
  CHECK(names_of(wide, 0, 9) ==
        "conv1.weight block1.layer.0.bn1.weight block1.layer.0.bn1.bias block1.layer.0.conv1.weight "
        "block1.layer.0.bn2.weight block1.layer.0.bn2.bias block1.layer.0.conv2.weight "
        "block1.layer.0.convShortcut.weight block1.layer.1.bn1.weight 44");
  CHECK(names_of(wide, 39, 5) == "block3.layer.1.conv2.weight bn1.weight bn1.bias fc.weight fc.bias 44");
}

TEST_CASE("initial values are the peers': convolutions by fan_out, linear layers N(0, 0.01), biases 0") {
  const auto deviation = [](const NamedTensor& parameter) {
    double square = 0;
    for (const double value : parameter.tensor.to_vector()) square += value * value;
    return std::sqrt(square / static_cast<double>(parameter.tensor.numel()));
  };
  const auto check_model = [&](const std::string& arch, int image_size, Module& model) {
    initialise(model, 3);
    for (const NamedTensor& parameter : model.parameters()) {
      CAPTURE(arch, parameter.name, image_size);
      if (parameter.kind == Kind::bias) CHECK(deviation(parameter) == 0);
      const double relative = 5 / std::sqrt(2 * static_cast<double>(parameter.tensor.numel()));
      const Shape& shape = parameter.tensor.shape();
      if (parameter.kind == Kind::conv)  // of a depthwise one 9 c, too
        CHECK(deviation(parameter) ==
              Catch::Approx(std::sqrt(2.0 / static_cast<double>(shape[0] * shape[1] * shape[2]))).epsilon(relative));
      if (parameter.kind == Kind::linear && !arch.starts_with("wide"))
        CHECK(deviation(parameter) == Catch::Approx(0.01).epsilon(relative));
      if (parameter.kind == Kind::linear && arch.starts_with("wide"))
        CHECK(deviation(parameter) ==
              Catch::Approx(1 / std::sqrt(3 * static_cast<double>(shape[1]))).epsilon(relative));
    }
  };
  MobileNetV2 mobilenet({.classes = 20});
  check_model("mobilenet_v2", 224, mobilenet);
  Vgg vgg({.batch_norm = true, .width = 8, .hidden = 40, .classes = 20});
  check_model("vgg16_bn", 224, vgg);
  WideResNet wide({.depth = 10, .widening = 2, .classes = 20});
  check_model("wide_resnet10_2", 32, wide);
}

TEST_CASE("the stages of a backbone have the channels and strides that they say, the last is its result") {
  std::unique_ptr<PooledClassifier> model;
  SECTION("wide_resnet10_2") { model = std::make_unique<WideResNet>(wide_resnet("wide_resnet10_2").value()); }
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

TEST_CASE("the stages of MobileNetV2 and VGG have the channels and strides that they say") {
  std::unique_ptr<Backbone> backbone;
  SECTION("mobilenet_v2") { backbone = std::make_unique<MobileNetV2Backbone>(0.35); }
  SECTION("vgg16") { backbone = std::make_unique<VggBackbone>(VggOptions{.width = 4}); }
  initialise(*backbone, 1);
  backbone->eval();
  const NoGrad no_grad;
  Tensor y = Tensor::full({1, 64, 64, 3}, 0.5);
  for (size_t i = 0; i < backbone->stages(); ++i) {
    CAPTURE(i);
    y = backbone->stage(i, y);
    const int64_t size = 64 / backbone->stride(i);
    CHECK(y.shape() == Shape{1, size, size, backbone->channels(i)});
  }
}

TEST_CASE("dropout is the model's own, or what is asked for") {
  const auto trained = [](const std::string& arch, std::optional<double> dropout) {
    const auto model = make_model({.arch = arch, .classes = 3, .image_size = 8, .dropout = dropout});
    const Tensor x = Tensor::full({2, 8, 8, 3}, 0.5);
    model->eval();
    model->forward(x);
    const NoGrad no_grad;
    const Tensor features = model->features(x);
    const auto before = model->logits(features).to_vector();
    model->train();
    return model->logits(features).to_vector() == before;
  };
  CHECK_FALSE(trained("mobilenet_v2", std::nullopt));
  CHECK(trained("mobilenet_v2", 0));
  CHECK_THROWS_WITH(make_model({.arch = "resnet18", .dropout = 0.5}), ContainsSubstring("resnet18 has no dropout"));
}

TEST_CASE("wide ResNets of every depth 6 n + 4 are known, others are offered one") {
  CHECK(is_model("wide_resnet16_4"));
  CHECK(is_model("wide_resnet28_10"));
  for (const char* name : {"wide_resnet17_4", "wide_resnet4_1", "wide_resnet16_0", "wide_resnet16", "wide_resnet016_4",
                           "wide_resnet16_4x", "wide_resnet99999999999_1", "wide_resnet50_2"})
    CHECK_FALSE(is_model(name));
  CHECK_THROWS_WITH(make_model({.arch = "wide_resnet17_4"}),
                    ContainsSubstring("(did you mean wide_resnet16_4?)") && ContainsSubstring("D = 6 n + 4"));
  CHECK_THROWS_WITH(make_model({.arch = "wideresnet40-4"}), ContainsSubstring("(did you mean wide_resnet40_4?)"));
  CHECK(model_name().expected("wide_resnet22_8").empty());
  CHECK_THAT(model_name().expected("vgg61"), ContainsSubstring("(did you mean vgg16?)"));
  CHECK_THROWS_WITH(make_model({.arch = "wide_resnet10_1", .classes = 2, .image_size = 30}),
                    ContainsSubstring("a multiple of 4 pixels but the image size is 30; with --shortcut conv"));
  CHECK_NOTHROW(make_model({.arch = "wide_resnet10_1", .classes = 2, .image_size = 30, .shortcut = Shortcut::conv}));
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
  const auto [arch, width, last] =
      GENERATE(table<std::string, int64_t, std::string>({{"resnet18", 512, "fc"},
                                                         {"convnet", 128, "fc"},
                                                         {"mlp", 256, "fc3"},
                                                         {"mobilenet_v2", 1280, "classifier.1"},
                                                         {"wide_resnet10_2", 128, "fc"}}));
  CAPTURE(arch);
  const auto model = make_model({.arch = arch, .classes = 3, .stem = small_stem(arch), .image_size = 8});
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
  CHECK_THROWS_WITH(make_model({.arch = "lenet"}),
                    ContainsSubstring("resnet18, resnet34, resnet50, mobilenet_v2") && !ContainsSubstring("did you"));
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
  CHECK(back.shortcut == Shortcut::pad);
  CHECK_FALSE(back.dropout);
  const ModelOptions wide = {.arch = "wide_resnet16_4", .shortcut = Shortcut::conv, .dropout = 0.3};
  const ModelOptions wide_back = from_metadata(to_metadata(wide), {}, "a.safetensors");
  CHECK(wide_back.arch == "wide_resnet16_4");
  CHECK(wide_back.shortcut == Shortcut::conv);
  CHECK(wide_back.dropout == 0.3);

  const ModelOptions kept = from_metadata({{"format", "pt"}}, options, "a.safetensors");
  CHECK(kept.arch == "resnet34");
  CHECK(kept.classes == 7);

  const auto load = [](const char* key, const char* value) { from_metadata({{key, value}}, {}, "a.safetensors"); };
  CHECK_THROWS_WITH(load("radial.classes", "x"), ContainsSubstring("must be a positive number (a.safetensors)"));
  CHECK_THROWS_WITH(load("radial.arch", "vgg"), ContainsSubstring("\"vgg\", which is unknown (a.safetensors)"));
  CHECK_THROWS_WITH(load("radial.shortcut", "x"), ContainsSubstring("pad or conv (a.safetensors)"));
  CHECK_THROWS_WITH(load("radial.dropout", "1"), ContainsSubstring("from 0 to 0.99 (a.safetensors)"));
  CHECK_THROWS_WITH(load("radial.stem", "x"), ContainsSubstring("imagenet or cifar (a.safetensors)"));
}

TEST_CASE("a whole network is not too small for its name, and choices that a network lacks are refused") {
  for (const char* arch : {"wide_resnet10_1", "wide_resnet16_2"}) {
    TensorFile file;
    for (const NamedTensor& p : make_model({.arch = arch, .classes = 3, .image_size = 8})->parameters())
      file.tensors[p.name] = p.tensor;
    CHECK_NOTHROW(check_sizes({.arch = arch, .classes = 3}, file, "a.safetensors"));
  }
  CHECK_THROWS_WITH(make_model({.arch = "mobilenet_v2", .stem = Stem::cifar}),
                    ContainsSubstring("mobilenet_v2 has no stem cifar"));
  CHECK_THROWS_WITH(make_model({.arch = "resnet18", .shortcut = Shortcut::conv}),
                    ContainsSubstring("resnet18 has no shortcut conv"));
}

TEST_CASE("metadata asks for no more than the file has") {
  TensorFile file;
  file.tensors["fc.weight"] = Tensor::zeros({10, 48});
  const auto check_file = [&](const ModelOptions& options) { check_sizes(options, file, "a.safetensors"); };
  CHECK_NOTHROW(check_file({.arch = "mlp", .classes = 10, .image_size = 4}));
  CHECK_THROWS_WITH(check_file({.classes = 2147483647}), ContainsSubstring("no tensor of the file has as many rows"));
  CHECK_THROWS_WITH(check_file({.arch = "mlp", .classes = 10, .image_size = 2147483647}),
                    ContainsSubstring("2147483647 x 2147483647 pixels") && ContainsSubstring("(a.safetensors)"));
  CHECK_THROWS_WITH(check_file({.arch = "vgg16", .classes = 10}), ContainsSubstring("too small for a vgg16"));
  CHECK_THROWS_WITH(check_file({.arch = "wide_resnet994_1", .classes = 10}), ContainsSubstring("too small for a wide"));
  // One tensor with many rows, and many tensors of one number, are not the weights that they name.
  file.tensors["rows"] = Tensor::zeros({64000, 1});
  for (int i = 0; i < 1000; ++i) file.tensors["one" + std::to_string(i)] = Tensor::zeros({1});
  for (const char* arch : {"wide_resnet16_1000", "wide_resnet994_16", "vgg16"})
    CHECK_THROWS_WITH(check_file({.arch = arch, .classes = 10}), ContainsSubstring("too small for a"));
  file.tensors["empty"] = Tensor::zeros({1 << 20, 0});
  CHECK_THROWS_AS(check_file({.classes = 1 << 20}), Error);
}
