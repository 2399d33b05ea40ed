#include "models/resnet.h"

#include "models/residual_block.h"

namespace radial {

namespace {

Conv2d make_stem(const ResNetOptions& options) {
  if (options.stem == Stem::cifar)
    return {options.in_channels, options.width, {.kernel = 3, .stride = 1, .padding = 1}};
  return {options.in_channels, options.width, {.kernel = 7, .stride = 2, .padding = 3}};
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

ResNetBackbone::ResNetBackbone(const ResNetOptions& options)
    : stem_(options.stem), conv1_(make_stem(options)), bn1_(options.width), channels_{options.width} {
  int64_t channels = options.width;
  for (size_t i = 0; i < 4; ++i) {
    const int64_t width = options.width << i;
    const int64_t stride = i == 0 ? 1 : 2;
    layers_[i] = options.bottleneck ? make_stage<Bottleneck>(channels, width, options.blocks[i], stride)
                                    : make_stage<BasicBlock>(channels, width, options.blocks[i], stride);
    channels_[i + 1] = channels;
  }
}

Tensor ResNetBackbone::stage(size_t i, const Tensor& x) {
  if (i > 0) return layers_.at(i - 1)(x);
  const Tensor y = bn1_.forward(conv1_(x), {.relu = true});
  return stem_ == Stem::imagenet ? max_pool2d(y, {.kernel = 3, .stride = 2, .padding = 1}) : y;
}

int64_t ResNetBackbone::stride(size_t i) const {
  const int64_t of_stem = stem_ == Stem::imagenet ? 4 : 1;
  return i == 0 ? of_stem : of_stem << (i - 1);  // layer1 keeps the size
}

void ResNetBackbone::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  visitor.module("bn1", bn1_);
  for (size_t i = 0; i < 4; ++i) visitor.module("layer" + std::to_string(i + 1), layers_[i]);
}

}  // namespace radial
