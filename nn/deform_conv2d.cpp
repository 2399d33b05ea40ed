#include "nn/deform_conv2d.h"

#include <cmath>

#include "core/ops/deform_conv2d.h"
#include "nn/init.h"

namespace radial {

DeformConv2d::DeformConv2d(int64_t in, int64_t out, const Options& options)
    : options_(options),
      weight_(Tensor::zeros({out, options.kernel, options.kernel, in}).set_requires_grad()),
      bias_(Tensor::zeros({out}).set_requires_grad()),
      places_(in, 3 * options.kernel * options.kernel,
              {.kernel = options.kernel, .stride = options.stride, .padding = options.padding, .bias = true}) {}

Tensor DeformConv2d::forward(const Tensor& x) {
  const int64_t taps = options_.kernel * options_.kernel;
  const Tensor places = places_(x);
  const Tensor offset = narrow(places, -1, 0, 2 * taps), mask = sigmoid(narrow(places, -1, 2 * taps, taps));
  return bias(deform_conv2d(x, offset, mask, weight_, {.stride = options_.stride, .padding = options_.padding}), bias_);
}

void DeformConv2d::visit(Visitor& visitor) {
  visitor.parameter("weight", weight_, Kind::conv);
  visitor.parameter("bias", bias_, Kind::bias);
  visitor.module("conv_offset_mask", places_);
}

void DeformConv2d::initialise(const Initial& initial) {
  initial.uniform("weight", 1 / std::sqrt(static_cast<double>(fan_in(weight_.shape()))));
  for (const char* zero : {"bias", "conv_offset_mask.weight", "conv_offset_mask.bias"}) initial.fill(zero, 0);
}

}  // namespace radial
