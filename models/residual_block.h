// The residual blocks of ResNets: y = relu(f(x) + shortcut(x)).
#pragma once

#include <memory>

#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"

namespace radial {

// f = bn(3x3) relu(bn(3x3, stride)): [n, h, w, in] -> [n, h / stride, w / stride, width]
class BasicBlock : public Layer {
 public:
  static constexpr int64_t expansion = 1;  // output channels / width
  BasicBlock(int64_t in, int64_t width, int64_t stride);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  Conv2d conv1_;
  BatchNorm bn1_;
  Conv2d conv2_;
  BatchNorm bn2_;
  std::unique_ptr<Sequential> downsample_;  // 1x1 and norm where x has another shape than y
};

// f = bn(1x1) relu(bn(3x3, stride)) relu(bn(1x1)): [n, h, w, in] -> [n, h / stride, w / stride, 4 width]
class Bottleneck : public Layer {
 public:
  static constexpr int64_t expansion = 4;
  Bottleneck(int64_t in, int64_t width, int64_t stride);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  Conv2d conv1_;
  BatchNorm bn1_;
  Conv2d conv2_;
  BatchNorm bn2_;
  Conv2d conv3_;
  BatchNorm bn3_;
  std::unique_ptr<Sequential> downsample_;
};

}  // namespace radial
