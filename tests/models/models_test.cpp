#include "models/models.h"

#include <cmath>

#include "core/ops.h"
#include "models/resnet.h"
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
