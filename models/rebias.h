// The networks of ReBias for Biased MNIST (Bahng et al., ICML 2020): one architecture with kernels of 7 pixels, which
// sees shapes, or of 1, which sees colours alone.
#pragma once

#include <array>
#include <memory>

#include "models/classifier.h"
#include "nn/layers.h"
#include "nn/norms.h"

namespace radial {

// Four stages of convolution (with bias, stride 1, padded), batch norm, relu; of 1, 2, 4 and 8 times `channels`.
class RebiasBackbone : public Backbone {
 public:
  RebiasBackbone(int64_t kernel, int64_t channels, int64_t in_channels = 3);
  size_t stages() const override { return stages_.size(); }
  Tensor stage(size_t i, const Tensor& x) override;
  int64_t channels(size_t i) const override { return channels_ << i; }
  int64_t stride(size_t) const override { return 1; }
  void visit(Visitor& visitor) override;

 private:
  struct Stage {
    Conv2d conv;
    BatchNorm bn;
  };
  int64_t channels_;
  std::array<Stage, 4> stages_;
};

// [n, h, w, in_channels] -> features [n, 8 channels] -> logits [n, classes]
class RebiasConv : public PooledClassifier {
 public:
  RebiasConv(int64_t kernel, int64_t channels, int64_t classes, int64_t in_channels = 3)
      : PooledClassifier(std::make_unique<RebiasBackbone>(kernel, channels, in_channels), classes) {}
};

}  // namespace radial
