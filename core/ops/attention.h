// Attention: each position's result is a mean of values, weighted by how well its query meets the keys.
#pragma once

#include "core/tensor.h"

namespace radial {

struct AttentionOptions {
  double scale = 0;     // of the products of queries and keys; 0: 1 / sqrt(d)
  bool causal = false;  // position i sees the positions j <= i alone
  // Added to the scaled products, each [b or 1, heads or 1, t or 1, s or 1] of accumulator_of(q's dtype): a mask (0 and
  // -inf), a bias of relative positions. Both have gradients.
  Tensor mask = {}, bias = {};
};
// softmax over s of (scale q k' + mask + bias), times v: q [b, t, heads, d], k [b, s, heads, d], v [b, s, heads, e] ->
// [b, t, heads, e]. Heads come after the time because a linear layer makes them so: its result [b * t, heads * d] is
// looked at, not copied. A row that sees nothing (all -inf) is 0. The weights [b, heads, t, s] are kept once, for the
// backward pass, in float32 where q is bfloat16.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options = {});

// The rows of weights, and what is added to each. 0 is the distance where an extent of 1 serves all.
struct AttentionGeometry {
  int64_t b, heads, t, s;
  double scale;
  bool causal;
  struct Added {
    int64_t b = 0, head = 0, t = 0, s = 0;
  };
  Added mask, bias;
};

}  // namespace radial
