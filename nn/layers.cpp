#include "nn/layers.h"

#include "nn/init.h"

namespace radial {

namespace {
Tensor new_parameter(const Shape& shape) { return Tensor::zeros(shape).set_requires_grad(); }
}  // namespace

Conv2d::Conv2d(int64_t in, int64_t out, const Options& options)
    : options_{.stride = options.stride,
               .padding = options.padding,
               .dilation = options.dilation,
               .groups = options.groups} {
  check(in > 0 && out > 0 && options.groups > 0 && in % options.groups == 0 && out % options.groups == 0,
        "Conv2d: channels in and out must be positive multiples of groups (", in, ", ", out, ", ", options.groups, ")");
  check(options.kernel.least() >= 1 && options.stride.least() >= 1 && options.padding.least() >= 0 &&
            options.dilation.least() >= 1,
        "Conv2d: kernel ", options.kernel, ", stride ", options.stride, " and dilation ", options.dilation,
        " must be at least 1, padding ", options.padding, " at least 0");
  weight_ = new_parameter({out, options.kernel.h, options.kernel.w, in / options.groups});
  if (options.bias) bias_ = new_parameter({out});
}

Tensor Conv2d::forward(const Tensor& x) {
  const Tensor y = conv2d(x, weight_, options_);
  return bias_ ? bias(y, bias_) : y;
}

void Conv2d::visit(Visitor& visitor) {
  visitor.parameter("weight", weight_, Kind::conv);
  if (bias_) visitor.parameter("bias", bias_, Kind::bias);
}

ConvTranspose2d::ConvTranspose2d(int64_t in, int64_t out, const Options& options)
    : options_{.stride = options.stride,
               .padding = options.padding,
               .output_padding = options.output_padding,
               .dilation = options.dilation,
               .groups = options.groups} {
  check(in > 0 && out > 0 && options.groups > 0 && in % options.groups == 0 && out % options.groups == 0,
        "ConvTranspose2d: channels in and out must be positive multiples of groups (", in, ", ", out, ", ",
        options.groups, ")");
  check(options.kernel.least() >= 1 && options.stride.least() >= 1 && options.padding.least() >= 0 &&
            options.dilation.least() >= 1 && options.output_padding.least() >= 0 &&
            options.output_padding.h < options.stride.h && options.output_padding.w < options.stride.w,
        "ConvTranspose2d: kernel ", options.kernel, ", stride ", options.stride, " and dilation ", options.dilation,
        " must be at least 1, padding ", options.padding, " at least 0, output_padding ", options.output_padding,
        " less than the stride");
  weight_ = new_parameter({in, options.kernel.h, options.kernel.w, out / options.groups});
  if (options.bias) bias_ = new_parameter({out});
}

Tensor ConvTranspose2d::forward(const Tensor& x) {
  const Tensor y = conv_transpose2d(x, weight_, options_);
  return bias_ ? bias(y, bias_) : y;
}

void ConvTranspose2d::visit(Visitor& visitor) {
  visitor.parameter("weight", weight_, Kind::conv);
  if (bias_) visitor.parameter("bias", bias_, Kind::bias);
}

Linear::Linear(int64_t in, int64_t out, const Options& options) {
  check(in > 0 && out > 0, "Linear: inputs and outputs must be positive (", in, ", ", out, ")");
  weight_ = new_parameter({out, in});
  if (options.bias) bias_ = new_parameter({out});
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight_, bias_); }

void Linear::visit(Visitor& visitor) {
  visitor.parameter("weight", weight_, Kind::linear);
  if (bias_) visitor.parameter("bias", bias_, Kind::bias);
}

Embedding::Embedding(int64_t entries, int64_t size) {
  check(entries > 0 && size > 0, "Embedding: entries and their size must be positive (", entries, ", ", size, ")");
  weight_ = new_parameter({entries, size});
}

Tensor Embedding::forward(const Tensor& x) { return embedding(weight_, x); }

void Embedding::visit(Visitor& visitor) { visitor.parameter("weight", weight_, Kind::linear); }

void Embedding::initialise(const Initial& initial) { initial.normal("weight", 1); }

}  // namespace radial
