// A small convolutional network for teaching: quick to train, and every convolution weight is scale-invariant.
#pragma once

#include <array>
#include <memory>

#include "models/classifier.h"
#include "nn/layers.h"
#include "nn/norms.h"

namespace radial {

// Three stages of conv 3x3, batch norm, relu (32, 64, 128 channels), halved by max-pools in between.
class ConvNetBackbone : public Backbone {
 public:
  explicit ConvNetBackbone(int64_t in_channels = 3);  // of the pictures
  size_t stages() const override { return stages_.size(); }
  Tensor stage(size_t i, const Tensor& x) override;
  int64_t channels(size_t i) const override { return int64_t{32} << i; }
  int64_t stride(size_t i) const override { return int64_t{1} << i; }
  void visit(Visitor& visitor) override;

 private:
  struct Stage {
    Conv2d conv;
    BatchNorm bn;
  };
  std::array<Stage, 3> stages_;
};

// [n, h, w, in_channels] -> logits [n, classes]
class ConvNet : public PooledClassifier {
 public:
  explicit ConvNet(int64_t classes, int64_t in_channels = 3)
      : PooledClassifier(std::make_unique<ConvNetBackbone>(in_channels), classes) {}

  static constexpr int smallest_image = 4;
};

}  // namespace radial
