// What transformers are made of beside linear layers and norms.
#pragma once

#include "core/ops.h"
#include "nn/layers.h"
#include "nn/module.h"

namespace radial {

// Each position looks at the others of its sequence: x [n, t, width] -> the same, by `heads` attentions (core/ops/
// attention.h) of width / heads numbers each. Linear layers "qkv", with the queries of all heads first, then their keys
// and values, and "out".
class SelfAttention : public Layer {
 public:
  struct Options {
    bool causal = false;  // position i sees the positions j <= i alone
  };
  SelfAttention(int64_t width, int64_t heads, const Options& options = {.causal = false});
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  int64_t heads_;
  Options options_;
  Linear qkv_, out_;
};

// y[n, i] = x[n, i] + weight[i], to tell positions apart: x [n, t, width], t <= span; weight [span, width] starts as
// N(0, 1).
class PositionEmbedding : public Layer {
 public:
  PositionEmbedding(int64_t span, int64_t width);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;

 private:
  Tensor weight_;
};

}  // namespace radial
