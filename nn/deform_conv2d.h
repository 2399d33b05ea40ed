// A modulated deformable convolution that learns where its taps look (core/ops/deform_conv2d.h).
#pragma once

#include "nn/layers.h"

namespace radial {

// x [n, h, w, in] -> [n, oh, ow, out]. A convolution of its own, conv_offset_mask, makes offsets and masks of x: of its
// 27 channels for 3x3 taps the first 18 are (dy, dx) of each tap, the last 9 the masks before their sigmoid. It begins
// with zeros: no offsets, masks of a half.
class DeformConv2d : public Layer {
 public:
  struct Options {
    int64_t kernel = 3, stride = 1, padding = 1;
  };
  DeformConv2d(int64_t in, int64_t out, const Options& options = {.kernel = 3, .stride = 1, .padding = 1});
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;  // weight U(-1, 1) / sqrt(fan_in), bias 0

 private:
  Options options_;
  Tensor weight_, bias_;
  Conv2d places_;
};

}  // namespace radial
