#include "models/mlp.h"

namespace radial {

namespace {
constexpr int64_t units = 256;
}  // namespace

Mlp::Mlp(int64_t image_size, int64_t classes, int64_t in_channels)
    : image_size_(image_size),
      in_channels_(in_channels),
      fc1_(image_size * image_size * in_channels, units, {.bias = false}),
      bn1_(units),
      fc2_(units, units, {.bias = false}),
      bn2_(units),
      fc3_(units, classes) {}

Tensor Mlp::features(const Tensor& x) {
  check(x.rank() == 4 && x.dim(1) == image_size_ && x.dim(2) == image_size_ && x.dim(3) == in_channels_,
        "mlp: the pictures are ", x.shape(), " but it was made for [n, ", image_size_, ", ", image_size_, ", ",
        in_channels_, "]");
  Tensor y = reshape(x, {x.dim(0), x.slice_numel()});
  y = bn1_.forward(fc1_(y), {.relu = true});
  return bn2_.forward(fc2_(y), {.relu = true});
}

void Mlp::visit(Visitor& visitor) {
  visitor.module("fc1", fc1_);
  visitor.module("bn1", bn1_);
  visitor.module("fc2", fc2_);
  visitor.module("bn2", bn2_);
  visitor.module("fc3", fc3_);
}

}  // namespace radial
