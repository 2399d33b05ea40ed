// BagNet18, ReBias's network for textures (Bahng et al., ICML 2020, after Brendel and Bethge, ICLR 2019): a ResNet18
// whose kernels are of 1 pixel but for two, so that it sees 5 x 5 pixels at a time.
#pragma once

#include <array>
#include <memory>

#include "models/classifier.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"

namespace radial {

// Stage 0: convolutions of 1 and 3 pixels, batch norm, relu, 64 channels. Four more of two blocks each, of 64, 128, 256
// and 512 channels and strides 2, 2, 2 and 1. Nothing is padded.
class BagNetBackbone : public Backbone {
 public:
  explicit BagNetBackbone(int64_t in_channels = 3);  // of the pictures
  size_t stages() const override { return 5; }
  Tensor stage(size_t i, const Tensor& x) override;
  int64_t channels(size_t i) const override { return i < 2 ? 64 : int64_t{32} << i; }
  int64_t stride(size_t i) const override { return int64_t{1} << (i < 3 ? i : 3); }
  void visit(Visitor& visitor) override;

 private:
  Conv2d conv1_, conv2_;
  BatchNorm bn1_;
  std::array<Sequential, 4> layers_;
};

// [n, h, w, in_channels] -> features [n, 512] -> logits [n, classes]
class BagNet18 : public PooledClassifier {
 public:
  explicit BagNet18(int64_t classes, int64_t in_channels = 3)
      : PooledClassifier(std::make_unique<BagNetBackbone>(in_channels), classes) {}

  static constexpr int smallest_image = 5;
};

}  // namespace radial
