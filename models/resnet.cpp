#include "models/resnet.h"

#include "models/residual_block.h"

namespace radial {

namespace {

Conv2d make_stem(const ResNetOptions& options) {
  if (options.stem == Stem::cifar) return {3, options.width, {.kernel = 3, .stride = 1, .padding = 1}};
  return {3, options.width, {.kernel = 7, .stride = 2, .padding = 3}};
}

// `channels` goes from those of the stage's input to those of its output.
template <class Block>
Sequential make_stage(int64_t& channels, int64_t width, int blocks, int64_t first_stride) {
  Sequential stage;
  for (int i = 0; i < blocks; ++i) {
    stage.add<Block>(channels, width, i == 0 ? first_stride : 1);
    channels = Block::expansion * width;
  }
  return stage;
}

}  // namespace

ResNetOptions resnet18() { return {.bottleneck = false, .blocks = {2, 2, 2, 2}}; }
ResNetOptions resnet34() { return {.bottleneck = false, .blocks = {3, 4, 6, 3}}; }
ResNetOptions resnet50() { return {.bottleneck = true, .blocks = {3, 4, 6, 3}}; }

ResNet::ResNet(const ResNetOptions& options) : stem_(options.stem), conv1_(make_stem(options)), bn1_(options.width) {
  int64_t channels = options.width;
  for (size_t i = 0; i < 4; ++i) {
    const int64_t width = options.width << i;
    const int64_t stride = i == 0 ? 1 : 2;
    layers_[i] = options.bottleneck ? make_stage<Bottleneck>(channels, width, options.blocks[i], stride)
                                    : make_stage<BasicBlock>(channels, width, options.blocks[i], stride);
  }
  fc_ = std::make_unique<Linear>(channels, options.classes);
}

Tensor ResNet::forward(const Tensor& x) {
  Tensor y = bn1_.forward(conv1_(x), {.relu = true});
  if (stem_ == Stem::imagenet) y = max_pool2d(y, {.kernel = 3, .stride = 2, .padding = 1});
  for (Sequential& layer : layers_) y = layer(y);
  return (*fc_)(global_avg_pool(y));
}

void ResNet::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  visitor.module("bn1", bn1_);
  for (size_t i = 0; i < 4; ++i) visitor.module("layer" + std::to_string(i + 1), layers_[i]);
  visitor.module("fc", *fc_);
}

}  // namespace radial
