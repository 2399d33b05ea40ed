#include "models/ssd.h"

#include <cmath>
#include <optional>
#include <string>

#include "nn/init.h"
#include "nn/parameterless.h"

namespace radial {

namespace {

constexpr int64_t widths[] = {64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512};
constexpr int pools_before[] = {2, 4, 7, 10};  // convolutions
constexpr size_t first_extra = 10;             // of VGG's convolutions, those behind conv4_3
constexpr int64_t source_widths[] = {512, 1024, 512, 256, 256, 256};
constexpr double first_scale = 20;

bool begins_with_pool(int convolution) {
  for (const int place : pools_before)
    if (place == convolution) return true;
  return false;
}

Sequential make_extra(int64_t in, int64_t middle, int64_t out, const Conv2d::Options& second) {
  Sequential extra;
  extra.add<Conv2d>(in, middle, Conv2d::Options{.kernel = 1, .bias = true});
  extra.add<Relu>();
  extra.add<Conv2d>(middle, out, second);
  extra.add<Relu>();
  return extra;
}

// [n, h, w, shapes k] -> [n, h w shapes, k]
Tensor by_box(const Tensor& map, int64_t k) { return reshape(map, {map.dim(0), map.slice_numel() / k, k}); }

}  // namespace

class Ssd::VggNames : public Module {
 public:
  explicit VggNames(std::vector<VggLayer>& layers) : layers_(layers) {}
  void visit(Visitor& visitor) override {
    for (VggLayer& layer : layers_) {
      visitor.module("features." + std::to_string(layer.number), layer.conv);
      if (layer.norm) visitor.module("features." + std::to_string(layer.number + 1), *layer.norm);
    }
  }

 private:
  std::vector<VggLayer>& layers_;
};

Ssd::Ssd(const SsdOptions& options)
    : options_(options),
      fc6_(512, 1024, {.kernel = 3, .padding = 6, .dilation = 6, .bias = true}),
      fc7_(1024, 1024, {.kernel = 1, .bias = true}),
      scale_(Tensor::full({512}, first_scale).set_requires_grad()) {
  int64_t in = 3;
  int number = 0;
  for (int i = 0; i < 13; ++i) {
    if (begins_with_pool(i)) {
      if (i == static_cast<int>(first_extra)) pool4_ = number;
      ++number;
    }
    VggLayer layer{Conv2d(in, widths[i], {.kernel = 3, .padding = 1, .bias = true}), std::nullopt, number};
    if (options.batch_norm) layer.norm.emplace(widths[i]);
    number += options.batch_norm ? 3 : 2;
    in = widths[i];
    vgg_.push_back(std::move(layer));
  }
  const Conv2d::Options halves{.kernel = 3, .stride = 2, .padding = 1, .bias = true},
      shrinks{.kernel = 3, .bias = true};
  extras_.push_back(make_extra(1024, 256, 512, halves));
  extras_.push_back(make_extra(512, 128, 256, halves));
  extras_.push_back(make_extra(256, 128, 256, shrinks));
  extras_.push_back(make_extra(256, 128, 256, shrinks));
  for (size_t i = 0; i < sides.size(); ++i) {
    const Conv2d::Options head{.kernel = 3, .padding = 1, .bias = true};
    class_heads_.emplace_back(source_widths[i], shapes[i] * options.outputs, head);
    code_heads_.emplace_back(source_widths[i], int64_t{shapes[i]} * 4, head);
  }
  vgg_names_ = std::make_unique<VggNames>(vgg_);
}

Tensor Ssd::run(VggLayer& layer, const Tensor& x) {
  const Tensor y = layer.conv(x);
  return layer.norm ? layer.norm->forward(y, {.relu = true}) : relu(y);
}

// 300 -> 150 -> 75 -> 38: the third pool rounds up.
Tensor Ssd::conv4_3(const Tensor& pictures) {
  Tensor y = pictures;
  for (size_t i = 0; i < first_extra; ++i) {
    if (begins_with_pool(static_cast<int>(i))) y = max_pool2d(y, {.kernel = 2, .stride = 2, .ceil_mode = i == 7});
    y = run(vgg_[i], y);
  }
  return y;
}

Ssd::Output Ssd::operator()(const Tensor& pictures) {
  check(pictures.rank() == 4 && pictures.dim(1) == image_size && pictures.dim(2) == image_size,
        "ssd: pictures must be [n, 300, 300, 3] but are ", pictures.shape());
  Tensor y = conv4_3(pictures);
  const Tensor rows = reshape(y, {y.rows(), y.channels()});
  std::vector<Tensor> sources = {reshape(l2_normalize(rows), y.shape()) * cast(scale_, y.dtype())};
  y = max_pool2d(y, {.kernel = 2, .stride = 2});
  for (size_t i = first_extra; i < vgg_.size(); ++i) y = run(vgg_[i], y);
  y = max_pool2d(y, {.kernel = 3, .stride = 1, .padding = 1});
  y = relu(fc7_(relu(fc6_(y))));
  sources.push_back(y);
  for (Sequential& extra : extras_) sources.push_back(y = extra(y));
  std::vector<Tensor> classes, codes;
  for (size_t i = 0; i < sources.size(); ++i) {
    classes.push_back(by_box(class_heads_[i](sources[i]), options_.outputs));
    codes.push_back(by_box(code_heads_[i](sources[i]), 4));
  }
  return {concat(classes, 1), concat(codes, 1)};
}

void Ssd::visit(Visitor& visitor) {
  visitor.parameter("backbone.scale_weight", scale_, Kind::norm);
  for (VggLayer& layer : vgg_) {
    const bool extra = &layer >= &vgg_[first_extra];
    const int number = extra ? layer.number - pool4_ : layer.number;
    const std::string begin = extra ? "backbone.extra.0." : "backbone.features.";
    visitor.module(begin + std::to_string(number), layer.conv);
    if (layer.norm) visitor.module(begin + std::to_string(number + 1), *layer.norm);
  }
  // The list of extra.0 ends with a list of its own: pool, fc6, relu, fc7.
  const int end = vgg_.back().number - pool4_ + (options_.batch_norm ? 3 : 2);
  const std::string last = "backbone.extra.0." + std::to_string(end);
  visitor.module(last + ".1", fc6_);
  visitor.module(last + ".3", fc7_);
  for (size_t i = 0; i < extras_.size(); ++i) visitor.module("backbone.extra." + std::to_string(i + 1), extras_[i]);
  for (size_t i = 0; i < class_heads_.size(); ++i)
    visitor.module("head.classification_head.module_list." + std::to_string(i), class_heads_[i]);
  for (size_t i = 0; i < code_heads_.size(); ++i)
    visitor.module("head.regression_head.module_list." + std::to_string(i), code_heads_[i]);
}

// Glorot's uniform values behind VGG, kaiming's normal ones in it; biases 0.
void Ssd::initialise(const Initial& initial) {
  std::vector<std::string> of_vgg;
  for (const NamedTensor& parameter : parameters()) {
    const bool vgg = parameter.name.starts_with("backbone.features.") ||
                     (parameter.name.starts_with("backbone.extra.0.") &&
                      parameter.name.find('.', std::string("backbone.extra.0.").size()) ==
                          parameter.name.rfind('.'));  // deeper are fc6 and fc7
    if (parameter.kind == Kind::bias) initial.fill(parameter.name, 0);
    if (parameter.kind != Kind::conv || vgg) continue;
    const Shape& shape = parameter.tensor.shape();
    const double ways = static_cast<double>(shape[1] * shape[2] * (shape[0] + shape[3]));
    initial.uniform(parameter.name, std::sqrt(6 / ways));
  }
  initial.fill("backbone.scale_weight", first_scale);
}

}  // namespace radial
