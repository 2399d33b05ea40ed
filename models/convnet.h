// A small convolutional network for teaching: quick to train, and every convolution weight is scale-invariant.
#pragma once

#include "nn/layers.h"
#include "nn/norms.h"

namespace radial {

// Three times conv 3x3, batch norm, relu (32, 64, 128 channels), halved by max-pools in between; then the mean over
// pixels and a linear layer. [n, h, w, 3] -> logits [n, classes].
class ConvNet : public Layer {
 public:
  explicit ConvNet(int64_t classes);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

  static constexpr int smallest_image = 4;

 private:
  Conv2d conv1_;
  BatchNorm bn1_;
  Conv2d conv2_;
  BatchNorm bn2_;
  Conv2d conv3_;
  BatchNorm bn3_;
  Linear fc_;
};

}  // namespace radial
