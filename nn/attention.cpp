#include "nn/attention.h"

#include "nn/init.h"

namespace radial {

SelfAttention::SelfAttention(int64_t width, int64_t heads, const Options& options)
    : heads_(heads), options_(options), qkv_(width, 3 * width), out_(width, width) {
  check(heads > 0 && width % heads == 0, "SelfAttention: width ", width, " must be a multiple of heads ", heads);
}

Tensor SelfAttention::forward(const Tensor& x) {
  check(x.rank() == 3, "SelfAttention: x is ", x.shape(), " but must be [n, t, width]");
  const Tensor qkv = qkv_(x);
  const auto parts = split(reshape(qkv, {x.dim(0), x.dim(1), 3 * heads_, x.dim(2) / heads_}), heads_, 2);
  return out_(reshape(attention(parts[0], parts[1], parts[2], {.causal = options_.causal}), x.shape()));
}

void SelfAttention::visit(Visitor& visitor) {
  visitor.module("qkv", qkv_);
  visitor.module("out", out_);
}

PositionEmbedding::PositionEmbedding(int64_t span, int64_t width) {
  check(span > 0 && width > 0, "PositionEmbedding: span and width must be positive (", span, ", ", width, ")");
  weight_ = Tensor::zeros({span, width}).set_requires_grad();
}

Tensor PositionEmbedding::forward(const Tensor& x) {
  check(x.rank() == 3 && x.dim(1) <= weight_.dim(0), "PositionEmbedding: x is ", x.shape(), " but weight ",
        weight_.shape(), " needs [n, t, width] with t <= span");
  return x + weight_.slice(0, x.dim(1));
}

void PositionEmbedding::visit(Visitor& visitor) { visitor.parameter("weight", weight_, Kind::linear); }

void PositionEmbedding::initialise(const Initial& initial) { initial.normal("weight", 1); }

}  // namespace radial
