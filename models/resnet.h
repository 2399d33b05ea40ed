// ResNets (He et al., "Deep residual learning for image recognition", CVPR 2016), with torchvision's parameter names.
#pragma once

#include <array>
#include <memory>

#include "models/classifier.h"
#include "models/models.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"

namespace radial {

struct ResNetOptions {
  bool bottleneck = false;                   // blocks 1x1, 3x3, 1x1 instead of 3x3, 3x3
  std::array<int, 4> blocks = {2, 2, 2, 2};  // in each of the four stages
  int64_t width = 64;  // channels of the first stage's 3x3 convolutions; doubles from stage to stage
  int64_t classes = 1000;
  int64_t in_channels = 3;  // of the pictures
  Stem stem = Stem::imagenet;
};
ResNetOptions resnet18();
ResNetOptions resnet34();
ResNetOptions resnet50();  // version 1.5: the stride is in the 3x3 convolution, as in torchvision

// The stem (conv1, bn1, relu and the max-pool, if there is one) and the four stages of blocks, layer1 to layer4.
class ResNetBackbone : public Backbone {
 public:
  explicit ResNetBackbone(const ResNetOptions& options);
  size_t stages() const override { return channels_.size(); }
  Tensor stage(size_t i, const Tensor& x) override;
  int64_t channels(size_t i) const override { return channels_.at(i); }
  int64_t stride(size_t i) const override;
  void visit(Visitor& visitor) override;

 private:
  Stem stem_;
  Conv2d conv1_;
  BatchNorm bn1_;
  std::array<Sequential, 4> layers_;
  std::array<int64_t, 5> channels_;
};

// [n, h, w, in_channels] -> logits [n, classes]
class ResNet : public PooledClassifier {
 public:
  explicit ResNet(const ResNetOptions& options)
      : PooledClassifier(std::make_unique<ResNetBackbone>(options), options.classes) {}

  // Below this size of picture the last stage has no pixel of its own.
  static int smallest_image(Stem stem) { return stem == Stem::imagenet ? 32 : 8; }
};

}  // namespace radial
