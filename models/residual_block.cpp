#include "models/residual_block.h"

namespace radial {

namespace {

Conv2d conv1x1(int64_t in, int64_t out) { return {in, out, {.kernel = 1}}; }
Conv2d conv3x3(int64_t in, int64_t out, int64_t stride) {
  return {in, out, {.kernel = 3, .stride = stride, .padding = 1}};
}

// Null where x itself can be added.
std::unique_ptr<Sequential> make_downsample(int64_t in, int64_t out, int64_t stride) {
  if (in == out && stride == 1) return nullptr;
  auto downsample = std::make_unique<Sequential>();
  downsample->add<Conv2d>(in, out, Conv2d::Options{.kernel = 1, .stride = stride});
  downsample->add<BatchNorm>(out);
  return downsample;
}

}  // namespace

BasicBlock::BasicBlock(int64_t in, int64_t width, int64_t stride)
    : conv1_(conv3x3(in, width, stride)),
      bn1_(width),
      conv2_(conv3x3(width, width, 1)),
      bn2_(width),
      downsample_(make_downsample(in, width, stride)) {}

Tensor BasicBlock::forward(const Tensor& x) {
  const Tensor shortcut = downsample_ ? downsample_->forward(x) : x;
  Tensor y = bn1_.forward(conv1_(x), {.relu = true});
  return bn2_.forward(conv2_(y), {.residual = shortcut, .relu = true});
}

void BasicBlock::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  visitor.module("bn1", bn1_);
  visitor.module("conv2", conv2_);
  visitor.module("bn2", bn2_);
  if (downsample_) visitor.module("downsample", *downsample_);
}

Bottleneck::Bottleneck(int64_t in, int64_t width, int64_t stride)
    : conv1_(conv1x1(in, width)),
      bn1_(width),
      conv2_(conv3x3(width, width, stride)),
      bn2_(width),
      conv3_(conv1x1(width, expansion * width)),
      bn3_(expansion * width),
      downsample_(make_downsample(in, expansion * width, stride)) {}

Tensor Bottleneck::forward(const Tensor& x) {
  const Tensor shortcut = downsample_ ? downsample_->forward(x) : x;
  Tensor y = bn1_.forward(conv1_(x), {.relu = true});
  y = bn2_.forward(conv2_(y), {.relu = true});
  return bn3_.forward(conv3_(y), {.residual = shortcut, .relu = true});
}

void Bottleneck::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  visitor.module("bn1", bn1_);
  visitor.module("conv2", conv2_);
  visitor.module("bn2", bn2_);
  visitor.module("conv3", conv3_);
  visitor.module("bn3", bn3_);
  if (downsample_) visitor.module("downsample", *downsample_);
}

}  // namespace radial
