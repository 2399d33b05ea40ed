// Layers with weights: convolution, linear, embedding. A new layer's weights are zero: initialise() (nn/init.h) or
// load_weights() (nn/weights.h) gives the whole model its values. Constructors throw Error(usage) for what no x would
// fit: sizes and strides below 1, padding below 0, groups that do not divide the channels.
#pragma once

#include "core/ops.h"
#include "nn/module.h"

namespace radial {

// y = conv(x, weight) + bias: x [n, h, w, in] -> [n, oh, ow, out]; weight [out, kernel.h, kernel.w, in / groups].
class Conv2d : public Layer {
 public:
  struct Options {
    Pair kernel = 3;
    Pair stride = 1;
    Pair padding = 0;
    Pair dilation = 1;
    int64_t groups = 1;
    bool bias = false;  // the norm that follows has one
  };
  Conv2d(int64_t in, int64_t out, const Options& options);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  Conv2dOptions options_;
  Tensor weight_, bias_;
};

// y = conv_transpose2d(x, weight) + bias: x [n, h, w, in] -> [n, oh, ow, out]; weight [in, kernel.h, kernel.w, out /
// groups].
class ConvTranspose2d : public Layer {
 public:
  struct Options {
    Pair kernel = 3;
    Pair stride = 1;
    Pair padding = 0;
    Pair output_padding = 0;
    Pair dilation = 1;
    int64_t groups = 1;
    bool bias = false;
  };
  ConvTranspose2d(int64_t in, int64_t out, const Options& options);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  ConvTranspose2dOptions options_;
  Tensor weight_, bias_;
};

// y = x weight' + bias: x [..., in] -> [..., out]; weight [out, in].
class Linear : public Layer {
 public:
  struct Options {
    bool bias = true;
  };
  Linear(int64_t in, int64_t out, const Options& options = {.bias = true});
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  Tensor weight_, bias_;
};

// y[..., :] = weight[x[...]]: x int32 [...] -> [..., size]; weight [entries, size] starts as N(0, 1), as in PyTorch.
class Embedding : public Layer {
 public:
  Embedding(int64_t entries, int64_t size);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;

 private:
  Tensor weight_;
};

}  // namespace radial
