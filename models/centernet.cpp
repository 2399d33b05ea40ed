#include "models/centernet.h"

#include <cmath>
#include <string>

#include "nn/init.h"
#include "nn/parameterless.h"

namespace radial {

namespace {

constexpr int64_t neck_width = 256, head_width = 64;
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
      neck_(make_neck(backbone_.channels(4))),
      heat_(make_head(neck_width, options.classes)),
      size_(make_head(neck_width, 2)),
      offset_(make_head(neck_width, 2)) {}

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
    const bool weight = parameter.tensor.rank() == 4;
    if (weight && options_.pretrained && name.starts_with("deconv_layers."))
      initial.normal(name, 0.001);
    else if (weight)
      initial.uniform(name, 1 / std::sqrt(static_cast<double>(fan_in(parameter.tensor.shape()))));
  }
  initial.fill("hm.2.bias", rare);
  for (const std::string head : {"wh", "reg"}) {
    initial.normal(head + ".2.weight", 0.001);
    initial.fill(head + ".2.bias", 0);
  }
}

}  // namespace radial
