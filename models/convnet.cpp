#include "models/convnet.h"

namespace radial {

namespace {
Conv2d conv3x3(int64_t in, int64_t out) { return {in, out, {.kernel = 3, .padding = 1}}; }
}  // namespace

ConvNet::ConvNet(int64_t classes)
    : conv1_(conv3x3(3, 32)),
      bn1_(32),
      conv2_(conv3x3(32, 64)),
      bn2_(64),
      conv3_(conv3x3(64, 128)),
      bn3_(128),
      fc_(128, classes) {}

Tensor ConvNet::forward(const Tensor& x) {
  const Pool2dOptions half = {.kernel = 2, .stride = 2};
  Tensor y = max_pool2d(bn1_.forward(conv1_(x), {.relu = true}), half);
  y = max_pool2d(bn2_.forward(conv2_(y), {.relu = true}), half);
  y = bn3_.forward(conv3_(y), {.relu = true});
  return fc_(global_avg_pool(y));
}

void ConvNet::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  visitor.module("bn1", bn1_);
  visitor.module("conv2", conv2_);
  visitor.module("bn2", bn2_);
  visitor.module("conv3", conv3_);
  visitor.module("bn3", bn3_);
  visitor.module("fc", fc_);
}

}  // namespace radial
