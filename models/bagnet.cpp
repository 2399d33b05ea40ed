#include "models/bagnet.h"

#include <string>

namespace radial {
namespace {

// The shortcut may be larger than the branch, by what a kernel of 3 leaves out: right and below are cut off.
Tensor cut_to(const Tensor& x, const Tensor& like) {
  Tensor y = x;
  for (const int dim : {1, 2})
    if (y.dim(dim) > like.dim(dim)) y = narrow(y, dim, 0, like.dim(dim));
  return y;
}

// y = relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
class BagBlock : public Layer {
 public:
  BagBlock(int64_t in, int64_t out, int64_t kernel, int64_t stride)
      : conv1_(in, out, {.kernel = kernel, .stride = stride}), bn1_(out), conv2_(out, out, {.kernel = 1}), bn2_(out) {
    if (in == out && stride == 1) return;
    shortcut_.add<Conv2d>(in, out, Conv2d::Options{.kernel = 1, .stride = stride});
    shortcut_.add<BatchNorm>(out);
    has_shortcut_ = true;
  }

  Tensor forward(const Tensor& x) override {
    const Tensor y = conv2_(bn1_.forward(conv1_(x), {.relu = true}));
    const Tensor straight = cut_to(has_shortcut_ ? shortcut_(x) : x, y);
    return bn2_.forward(y, {.residual = straight, .relu = true});
  }

  void visit(Visitor& visitor) override {
    visitor.module("conv1", conv1_);
    visitor.module("bn1", bn1_);
    visitor.module("conv2", conv2_);
    visitor.module("bn2", bn2_);
    if (has_shortcut_) visitor.module("downsample", shortcut_);
  }

 private:
  Conv2d conv1_;
  BatchNorm bn1_;
  Conv2d conv2_;
  BatchNorm bn2_;
  Sequential shortcut_;
  bool has_shortcut_ = false;
};

}  // namespace

BagNetBackbone::BagNetBackbone(int64_t in_channels)
    : conv1_(in_channels, 64, {.kernel = 1}),
      conv2_(64, 64, {.kernel = 3}),
      bn1_(64, {.momentum = 0.001, .eps = 1e-5}) {
  for (size_t i = 0; i < layers_.size(); ++i) {
    const int64_t in = channels(i), out = channels(i + 1);
    layers_[i].add<BagBlock>(in, out, i == 0 ? 3 : 1, i < 3 ? 2 : 1);
    layers_[i].add<BagBlock>(out, out, 1, 1);
  }
}

Tensor BagNetBackbone::stage(size_t i, const Tensor& x) {
  if (i == 0) return bn1_.forward(conv2_(conv1_(x)), {.relu = true});
  return layers_.at(i - 1)(x);
}

void BagNetBackbone::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  visitor.module("conv2", conv2_);
  visitor.module("bn1", bn1_);
  for (size_t i = 0; i < layers_.size(); ++i) visitor.module("layer" + std::to_string(i + 1), layers_[i]);
}

}  // namespace radial
