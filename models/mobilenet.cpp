#include "models/mobilenet.h"

#include <algorithm>

#include "nn/init.h"
#include "nn/norms.h"

namespace radial {

namespace {

// The nearest multiple of 8, but not more than a tenth below.
int64_t multiple_of_8(double channels) {
  const int64_t nearest = std::max<int64_t>(8, static_cast<int64_t>(channels + 4) / 8 * 8);
  return static_cast<double>(nearest) < 0.9 * channels ? nearest + 8 : nearest;
}

class ConvNormRelu6 : public Layer {
 public:
  ConvNormRelu6(int64_t in, int64_t out, const Conv2d::Options& options) : conv_(in, out, options), bn_(out) {}
  Tensor forward(const Tensor& x) override { return relu6(bn_(conv_(x))); }
  void visit(Visitor& visitor) override {
    visitor.module("0", conv_);
    visitor.module("1", bn_);
  }

 private:
  Conv2d conv_;
  BatchNorm bn_;
};

// y = f(x), or x + f(x) where they have one shape; f = bn(1x1) relu6(bn(depthwise 3x3, stride)) relu6(bn(1x1)), the
// last of which makes `expansion` times as many channels, and is left out if it would make as many as there are.
class InvertedResidual : public Layer {
 public:
  InvertedResidual(int64_t in, int64_t out, int64_t stride, int64_t expansion) : residual_(stride == 1 && in == out) {
    const int64_t wide = in * expansion;
    if (expansion > 1) conv_.add<ConvNormRelu6>(in, wide, Conv2d::Options{.kernel = 1});
    conv_.add<ConvNormRelu6>(wide, wide, Conv2d::Options{.kernel = 3, .stride = stride, .padding = 1, .groups = wide});
    conv_.add<Conv2d>(wide, out, Conv2d::Options{.kernel = 1});
    conv_.add<BatchNorm>(out);
  }
  Tensor forward(const Tensor& x) override { return residual_ ? add(x, conv_(x)) : conv_(x); }
  void visit(Visitor& visitor) override { visitor.module("conv", conv_); }

 private:
  bool residual_;
  Sequential conv_;
};

struct Group {
  int64_t expansion, channels;
  int blocks;
  int64_t first_stride;
};
constexpr Group groups[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                            {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

}  // namespace

MobileNetV2Backbone::MobileNetV2Backbone(double width, int64_t in_channels) {
  int64_t channels = multiple_of_8(32 * width);
  const auto end_stage = [&] {
    ends_.push_back(features_.size());
    channels_.push_back(channels);
  };
  features_.add<ConvNormRelu6>(in_channels, channels, Conv2d::Options{.kernel = 3, .stride = 2, .padding = 1});
  for (const Group& group : groups) {
    const int64_t out = multiple_of_8(static_cast<double>(group.channels) * width);
    if (group.first_stride == 2) end_stage();
    for (int i = 0; i < group.blocks; ++i) {
      features_.add<InvertedResidual>(channels, out, i == 0 ? group.first_stride : 1, group.expansion);
      channels = out;
    }
  }
  const int64_t last = multiple_of_8(1280 * std::max(1.0, width));
  features_.add<ConvNormRelu6>(channels, last, Conv2d::Options{.kernel = 1});
  channels = last;
  end_stage();
}

Tensor MobileNetV2Backbone::stage(size_t i, const Tensor& x) {
  Tensor y = x;
  for (size_t layer = i == 0 ? 0 : ends_.at(i - 1); layer < ends_.at(i); ++layer) y = features_[layer](y);
  return y;
}

MobileNetV2::MobileNetV2(const MobileNetV2Options& options) : backbone_(options.width, options.in_channels) {
  classifier_.add<Dropout>(options.dropout);
  classifier_.add<Linear>(backbone_.channels(backbone_.stages() - 1), options.classes);
}

void MobileNetV2::visit(Visitor& visitor) {
  visitor.nameless(backbone_);
  visitor.module("classifier", classifier_);
}

void MobileNetV2::initialise(const Initial& initial) {
  initial.normal("classifier.1.weight", 0.01);
  initial.fill("classifier.1.bias", 0);
}

}  // namespace radial
