#include "models/centernet.h"

#include <cmath>
#include <string>

#include "nn/deform_conv2d.h"
#include "nn/init.h"
#include "nn/parameterless.h"

namespace radial {

namespace {

constexpr int64_t neck_width = 256, deformable_widths[] = {256, 128, 64}, head_width = 64;
constexpr double rare = -2.19;  // a heat of 0.1 everywhere to begin with

Sequential make_neck(int64_t in) {
  Sequential neck;
  for (int i = 0; i < 3; ++i) {
    neck.add<ConvTranspose2d>(in, neck_width, ConvTranspose2d::Options{.kernel = 4, .stride = 2, .padding = 1});
    neck.add<BatchNorm>(neck_width);
    neck.add<Relu>();
    in = neck_width;
  }
  return neck;
}

Sequential make_deformable_neck(int64_t in) {
  Sequential neck;
  for (const int64_t width : deformable_widths) {
    neck.add<DeformConv2d>(in, width);
    neck.add<BatchNorm>(width);
    neck.add<Relu>();
    neck.add<ConvTranspose2d>(width, width, ConvTranspose2d::Options{.kernel = 4, .stride = 2, .padding = 1});
    neck.add<BatchNorm>(width);
    neck.add<Relu>();
    in = width;
  }
  return neck;
}

// Bilinear interpolation as the weights of the first output channel, from each input channel: what the authors' code
// does, meant for layers of one channel a group.
void begin_as_interpolation(Tensor weight) {  // [in, 4, 4, out]
  constexpr float side[] = {0.25F, 0.75F, 0.75F, 0.25F};
  const int64_t out = weight.dim(3);
  for (int64_t c = 0; c < weight.dim(0); ++c)
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t j = 0; j < 4; ++j) weight.data<float>()[((c * 4 + i) * 4 + j) * out] = side[i] * side[j];
}

Sequential make_head(int64_t in, int64_t out) {
  Sequential head;
  head.add<Conv2d>(in, head_width, Conv2d::Options{.kernel = 3, .padding = 1, .bias = true});
  head.add<Relu>();
  head.add<Conv2d>(head_width, out, Conv2d::Options{.kernel = 1, .bias = true});
  return head;
}

}  // namespace

CenterNet::CenterNet(const CenterNetOptions& options)
    : options_(options),
      backbone_(resnet18()),
      neck_(options.deformable ? make_deformable_neck(backbone_.channels(4)) : make_neck(backbone_.channels(4))),
      heat_(make_head(options.deformable ? deformable_widths[2] : neck_width, options.classes)),
      size_(make_head(options.deformable ? deformable_widths[2] : neck_width, 2)),
      offset_(make_head(options.deformable ? deformable_widths[2] : neck_width, 2)) {}

CenterNet::Maps CenterNet::operator()(const Tensor& pictures) {
  const Tensor features = neck_(backbone_(pictures));
  return {heat_(features), size_(features), offset_(features)};
}

void CenterNet::visit(Visitor& visitor) {
  visitor.nameless(backbone_);
  visitor.module("deconv_layers", neck_);
  visitor.module("hm", heat_);
  visitor.module("wh", size_);
  visitor.module("reg", offset_);
}

// As the authors' networks begin: PyTorch's values, but for the last layers, and for the neck behind an encoder that
// has learnt already.
void CenterNet::initialise(const Initial& initial) {
  for (const NamedTensor& parameter : parameters()) {
    const std::string& name = parameter.name;
    const bool of_neck = name.starts_with("deconv_layers.");
    const bool weight = parameter.tensor.rank() == 4 && name.find("conv_offset_mask") == std::string::npos;
    if (weight && of_neck && options_.pretrained && !options_.deformable)
      initial.normal(name, 0.001);
    else if (weight)
      initial.uniform(name, 1 / std::sqrt(static_cast<double>(fan_in(parameter.tensor.shape()))));
    if (of_neck && options_.deformable && parameter.tensor.rank() == 4 && parameter.tensor.dim(1) == 4)
      begin_as_interpolation(parameter.tensor);
  }
  initial.fill("hm.2.bias", rare);
  for (const std::string head : {"wh", "reg"}) {
    for (const std::string layer : {".0", ".2"}) {
      if (layer == ".0" && !options_.deformable) continue;
      initial.normal(head + layer + ".weight", 0.001);
      initial.fill(head + layer + ".bias", 0);
    }
  }
}

}  // namespace radial
