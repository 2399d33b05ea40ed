#include "models/rebias.h"

#include <string>

namespace radial {
namespace {

Conv2d same_size_conv(int64_t in, int64_t out, int64_t kernel) {
  return {in, out, {.kernel = kernel, .padding = kernel / 2, .bias = true}};
}

}  // namespace

RebiasBackbone::RebiasBackbone(int64_t kernel, int64_t c, int64_t in_channels)
    : channels_(c),
      stages_{{{same_size_conv(in_channels, c, kernel), BatchNorm(c)},
               {same_size_conv(c, 2 * c, kernel), BatchNorm(2 * c)},
               {same_size_conv(2 * c, 4 * c, kernel), BatchNorm(4 * c)},
               {same_size_conv(4 * c, 8 * c, kernel), BatchNorm(8 * c)}}} {}

Tensor RebiasBackbone::stage(size_t i, const Tensor& x) {
  auto& [conv, bn] = stages_.at(i);
  return bn.forward(conv(x), {.relu = true});
}

void RebiasBackbone::visit(Visitor& visitor) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    visitor.module("conv" + std::to_string(i + 1), stages_[i].conv);
    visitor.module("bn" + std::to_string(i + 1), stages_[i].bn);
  }
}

}  // namespace radial
