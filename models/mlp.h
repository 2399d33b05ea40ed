// A multilayer perceptron for teaching, with batch norm, so that its hidden weights are scale-invariant.
#pragma once

#include "models/classifier.h"
#include "nn/layers.h"
#include "nn/norms.h"

namespace radial {

// Twice linear, batch norm, relu (256 units: the features), then a linear layer; the picture is flattened in the order
// NHWC. [n, image_size, image_size, in_channels] -> logits [n, classes].
class Mlp : public Classifier {
 public:
  Mlp(int64_t image_size, int64_t classes, int64_t in_channels = 3);
  Tensor features(const Tensor& x) override;
  Tensor logits(const Tensor& features) override { return fc3_(features); }
  void visit(Visitor& visitor) override;

 private:
  int64_t image_size_, in_channels_;
  Linear fc1_;
  BatchNorm bn1_;
  Linear fc2_;
  BatchNorm bn2_;
  Linear fc3_;
};

}  // namespace radial
