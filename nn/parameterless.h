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

// In training an element is 0 with probability p, else x / (1 - p); in evaluation nothing happens. Each pass of a
// training draws anew: the buffer `step` counts them, so what is resumed goes on, and a CUDA graph counts as it is
// replayed. Layers of one model need numbers `call` of their own.
class Dropout : public Layer {
 public:
  struct Options {
    double p = 0.5;
    uint64_t seed = 0;
    uint32_t call = 0;
  };
  explicit Dropout(const Options& options) : options_(options) {
    check(0 <= options.p && options.p <= 1, "Dropout: p is ", options.p, " but must be in [0, 1]");
  }
  Tensor forward(const Tensor& x) override {
    if (!training()) return x;
    if (step_.device() != x.device()) step_ = step_.to(x.device());
    const Tensor y = dropout(x, options_.p, {.seed = options_.seed, .call = options_.call, .step = step_});
    count_up(step_);
    return y;
  }
  void visit(Visitor& visitor) override { visitor.buffer("step", step_); }

 private:
  Options options_;
  Tensor step_ = new_step_counter();
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
