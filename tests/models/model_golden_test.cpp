// Our models beside torchvision's: same weights, same pictures, logits and gradients of PyTorch in float64.
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/ops.h"
#include "io/safetensors.h"
#include "models/mobilenet.h"
#include "models/models.h"
#include "models/vgg.h"
#include "tests/catch.h"
#include "tests/models/formula.h"

using namespace radial;

namespace {

const TensorFile& golden() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/models.safetensors");
  return file;
}

// ||a - b|| / ||b||
double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  const auto x = a.to_vector(), y = b.to_vector();
  double error = 0, norm = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    error += (x[i] - y[i]) * (x[i] - y[i]);
    norm += y[i] * y[i];
  }
  return std::sqrt(error / norm);
}

// Float32 may be three times as far from float64 as PyTorch's float32 is, where that is more than 1e-4: batch norms
// over the few pixels of the last stage cost ResNet50 three digits, whoever computes it.
double tolerance(const std::string& key, DType dtype) {
  if (dtype == DType::f64) return 1e-12;
  return std::max(1e-4, 3 * difference(golden().tensors.at(key + ".float32"), golden().tensors.at(key)));
}

struct Case {
  std::string key;
  ModelOptions options;
  int64_t pictures = 2;
  std::function<std::unique_ptr<Layer>()> narrow = {};  // than the model of the options
};

std::unique_ptr<Layer> make(const Case& c, DType dtype) {
  std::unique_ptr<Layer> model = c.narrow ? c.narrow() : make_model(c.options);
  model->to(dtype);
  formula::fill(*model);
  return model;
}

std::unique_ptr<Layer> narrow_mobilenet() {
  return std::make_unique<MobileNetV2>(MobileNetV2Options{.width = 0.35, .classes = 10, .dropout = 0});
}

std::unique_ptr<Layer> narrow_vgg(bool batch_norm) {
  return std::make_unique<Vgg>(
      VggOptions{.batch_norm = batch_norm, .width = 4, .hidden = 24, .classes = 10, .dropout = 0});
}

Case narrow(const std::string& key, int image_size, std::function<std::unique_ptr<Layer>()> make) {
  return {key, {.image_size = image_size}, 2, std::move(make)};
}

void check_logits(const Case& c) {
  const NoGrad no_grad;
  for (const DType dtype : {DType::f64, DType::f32}) {
    const auto model = make(c, dtype);
    const Tensor x = formula::pictures(c.pictures, c.options.image_size, dtype);
    INFO(c.key << " " << name_of(dtype));
    model->eval();
    CHECK(difference(model->forward(x), golden().tensors.at(c.key + ".eval")) < tolerance(c.key + ".eval", dtype));
    model->train();
    CHECK(difference(model->forward(x), golden().tensors.at(c.key + ".train")) < tolerance(c.key + ".train", dtype));

    for (const auto& [name, buffer, kind] : model->buffers()) {
      if (const auto found = golden().tensors.find(c.key + "." + name); found != golden().tensors.end()) {
        INFO(name);
        CHECK(difference(buffer, found->second) < tolerance(c.key + ".train", dtype));
      }
    }
  }
}

void check_gradients(const Case& c) {
  const auto model = make(c, DType::f64);
  const Tensor x = formula::pictures(2, c.options.image_size, DType::f64);
  const Tensor loss = cross_entropy(model->forward(x), Tensor::from<int32_t>({3, 8}, {2}));
  loss.backward();
  CHECK(loss.item() == Catch::Approx(golden().tensors.at(c.key + ".loss").item()).epsilon(1e-12));

  const auto rows = golden().tensors.at(c.key + ".gradients").to_vector();  // [parameters, (norm, product)]
  const auto parameters = model->parameters();
  REQUIRE(rows.size() == 2 * parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    INFO(parameters[i].name);
    const auto gradient = parameters[i].tensor.grad().to_vector();
    const auto probe = formula::tensor_like(parameters[i].name + ".probe", parameters[i]).to_vector();
    double square = 0, product = 0;
    for (size_t k = 0; k < gradient.size(); ++k) {
      square += gradient[k] * gradient[k];
      product += gradient[k] * probe[k];
    }
    const double norm = rows[2 * i], rounding = 1e-11;  // what a norm takes away again has no gradient but that
    CHECK(std::sqrt(square) == Catch::Approx(norm).epsilon(1e-9).margin(rounding));
    CHECK(std::abs(product - rows[2 * i + 1]) <
          rounding + 1e-9 * norm * std::sqrt(static_cast<double>(gradient.size())));
  }
}

}  // namespace

TEST_CASE("logits are PyTorch's") {
  check_logits(
      GENERATE(Case{"resnet18", {.arch = "resnet18", .classes = 10, .image_size = 64}},
               Case{"resnet34", {.arch = "resnet34", .classes = 10, .image_size = 64}},
               Case{"resnet50", {.arch = "resnet50", .classes = 10, .image_size = 64}},
               Case{"resnet18_cifar", {.arch = "resnet18", .classes = 10, .stem = Stem::cifar, .image_size = 16}},
               Case{"convnet", {.arch = "convnet", .classes = 10, .image_size = 12}},
               Case{"mlp", {.arch = "mlp", .classes = 10, .image_size = 4}, 3}));
}

TEST_CASE("logits of narrow networks are PyTorch's") {
  check_logits(GENERATE(Case{"wide_resnet16_2", {.arch = "wide_resnet16_2", .classes = 10, .image_size = 8}},
                        Case{"wide_resnet16_2_conv",
                             {.arch = "wide_resnet16_2", .classes = 10, .image_size = 9, .shortcut = Shortcut::conv}},
                        narrow("mobilenet_v2", 64, narrow_mobilenet),
                        narrow("vgg16_bn", 96, [] { return narrow_vgg(true); }),   // more cells than pixels
                        narrow("vgg16", 320, [] { return narrow_vgg(false); })));  // cells that overlap
}

TEST_CASE("gradients are PyTorch's") {
  check_gradients(GENERATE(Case{"resnet18", {.arch = "resnet18", .classes = 10, .image_size = 64}},
                           Case{"convnet", {.arch = "convnet", .classes = 10, .image_size = 12}}));
}

TEST_CASE("gradients of narrow networks are PyTorch's") {
  check_gradients(GENERATE(Case{"wide_resnet16_2", {.arch = "wide_resnet16_2", .classes = 10, .image_size = 8}},
                           narrow("mobilenet_v2", 64, narrow_mobilenet),
                           narrow("vgg16_bn", 96, [] { return narrow_vgg(true); })));
}
