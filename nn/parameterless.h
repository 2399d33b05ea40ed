// Layers without parameters, for Sequential: activations, pooling, interpolation, dropout, flattening.
#pragma once

#include "core/ops.h"
#include "nn/module.h"

namespace radial {

class Relu : public Layer {
 public:
  Tensor forward(const Tensor& x) override { return relu(x); }
  void visit(Visitor&) override {}
};

class Gelu : public Layer {
 public:
  Tensor forward(const Tensor& x) override { return gelu(x); }
  void visit(Visitor&) override {}
};

class MaxPool2d : public Layer {
 public:
  explicit MaxPool2d(const Pool2dOptions& options) : options_(options) { check_options("MaxPool2d", options); }
  Tensor forward(const Tensor& x) override { return max_pool2d(x, options_); }
  void visit(Visitor&) override {}

 private:
  Pool2dOptions options_;
};

class AvgPool2d : public Layer {
 public:
  explicit AvgPool2d(const Pool2dOptions& options) : options_(options) { check_options("AvgPool2d", options); }
  Tensor forward(const Tensor& x) override { return avg_pool2d(x, options_); }
  void visit(Visitor&) override {}

 private:
  Pool2dOptions options_;
};

class Upsample : public Layer {
 public:
  explicit Upsample(const UpsampleOptions& options) : options_(options) {}
  Tensor forward(const Tensor& x) override { return upsample(x, options_); }
  void visit(Visitor&) override {}

 private:
  UpsampleOptions options_;
};

class GlobalAvgPool : public Layer {
 public:
  Tensor forward(const Tensor& x) override { return global_avg_pool(x); }  // [n, h, w, c] -> [n, c]
  void visit(Visitor&) override {}
};

// [n, ...] -> [n, product of the rest]. The order is NHWC's, so a linear layer after it does not take the weights of
// a PyTorch model that flattens NCHW, unless h = w = 1.
class Flatten : public Layer {
 public:
  Tensor forward(const Tensor& x) override { return reshape(x, {x.dim(0), x.slice_numel()}); }
  void visit(Visitor&) override {}
};

}  // namespace radial
