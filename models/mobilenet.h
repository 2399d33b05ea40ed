// MobileNetV2 (Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018), with torchvision's
// parameter names.
#pragma once

#include <cstdint>
#include <vector>

#include "models/classifier.h"
#include "nn/dropout.h"
#include "nn/layers.h"
#include "nn/sequential.h"

namespace radial {

// A convolution, a convolution of each channel by itself, and the blocks in between; a stage ends before each stride of
// 2: 16, 24, 32, 96 and 1280 channels at strides 2, 4, 8, 16 and 32.
class MobileNetV2Backbone : public Backbone {
 public:
  // width: factor of all channels, which are multiples of 8, but for those of the pictures.
  explicit MobileNetV2Backbone(double width = 1, int64_t in_channels = 3);
  size_t stages() const override { return ends_.size(); }
  Tensor stage(size_t i, const Tensor& x) override;
  int64_t channels(size_t i) const override { return channels_.at(i); }
  int64_t stride(size_t i) const override { return int64_t{2} << i; }
  void visit(Visitor& visitor) override { visitor.module("features", features_); }

 private:
  Sequential features_;
  std::vector<size_t> ends_;  // of the stages, in features_
  std::vector<int64_t> channels_;
};

struct MobileNetV2Options {
  double width = 1;
  int64_t classes = 1000;
  int64_t in_channels = 3;  // of the pictures
  double dropout = 0.2;     // before the linear layer
};

// Features are the means over the pixels. [n, h, w, in_channels] -> logits [n, classes]
class MobileNetV2 : public Classifier {
 public:
  explicit MobileNetV2(const MobileNetV2Options& options = {});
  Tensor features(const Tensor& pictures) override { return global_avg_pool(backbone_(pictures)); }
  Tensor logits(const Tensor& features) override { return classifier_(features); }
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;  // linear layer: N(0, 0.01), bias 0

  Backbone& backbone() { return backbone_; }

 private:
  MobileNetV2Backbone backbone_;
  Sequential classifier_;
};

}  // namespace radial
