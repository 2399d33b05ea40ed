#include "models/convnet.h"

#include <string>

namespace radial {

namespace {
Conv2d conv3x3(int64_t in, int64_t out) { return {in, out, {.kernel = 3, .padding = 1}}; }
}  // namespace

ConvNetBackbone::ConvNetBackbone(int64_t in_channels)
    : stages_{{{conv3x3(in_channels, channels(0)), BatchNorm(channels(0))},
               {conv3x3(channels(0), channels(1)), BatchNorm(channels(1))},
               {conv3x3(channels(1), channels(2)), BatchNorm(channels(2))}}} {}

Tensor ConvNetBackbone::stage(size_t i, const Tensor& x) {
  auto& [conv, bn] = stages_.at(i);
  const Tensor in = i == 0 ? x : max_pool2d(x, {.kernel = 2, .stride = 2});
  return bn.forward(conv(in), {.relu = true});
}

void ConvNetBackbone::visit(Visitor& visitor) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    visitor.module("conv" + std::to_string(i + 1), stages_[i].conv);
    visitor.module("bn" + std::to_string(i + 1), stages_[i].bn);
  }
}

}  // namespace radial
