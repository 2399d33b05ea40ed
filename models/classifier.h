// Networks that tell classes apart: features of a picture, and logits made of them.
#pragma once

#include <cstdint>
#include <memory>

#include "models/backbone.h"
#include "nn/layers.h"

namespace radial {

// Pictures [n, h, w, channels] -> features [n, d] -> logits [n, classes].
class Classifier : public Layer {
 public:
  virtual Tensor features(const Tensor& pictures) = 0;
  virtual Tensor logits(const Tensor& features) = 0;
  Tensor forward(const Tensor& pictures) override { return logits(features(pictures)); }
};

// The mean over the pixels of what a backbone makes, and a linear layer "fc": as torchvision's ResNets are built. The
// backbone's names are its own.
class PooledClassifier : public Classifier {
 public:
  PooledClassifier(std::unique_ptr<Backbone> backbone, int64_t classes);
  Tensor features(const Tensor& pictures) override;
  Tensor logits(const Tensor& features) override { return fc_(features); }
  void visit(Visitor& visitor) override;

  Backbone& backbone() { return *backbone_; }

 private:
  std::unique_ptr<Backbone> backbone_;
  Linear fc_;
};

}  // namespace radial
