#include "core/ops/attention.h"

#include <cmath>

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

struct AttentionShapes {
  int64_t b, t, s, heads, d, e;

  // Matrices as a batch of [b, heads]: [time, features] of a head, and the weights [t, s].
  BatchedGeometry::Factor of_head(int64_t time, int64_t features, bool transposed = false) const {
    return {time * heads * features, features, heads * features, transposed};
  }
  BatchedGeometry::Factor weights(bool transposed = false) const { return {heads * t * s, t * s, s, transposed}; }

  // y [m, n] (+)= a [m, k] b [k, n] for each head
  void multiply(Tensor& y, const Tensor& x, const Tensor& z, int64_t m, int64_t n, int64_t k,
                const BatchedGeometry::Factor& of_y, const BatchedGeometry::Factor& of_x,
                const BatchedGeometry::Factor& of_z, bool accumulate) const {
    if (y.numel() == 0) return;
    if (k > 0)
      kernels::bmm(y, x, z, BatchedGeometry{b, heads, m, n, k, of_y, of_x, of_z}, accumulate);
    else if (!accumulate)
      y.fill(0);
  }
};

AttentionShapes shapes_of(const Tensor& q, const Tensor& k, const Tensor& v) {
  check_defined("attention", {{"q", q}, {"k", k}, {"v", v}});
  const auto require = [&](bool condition, const auto&... found) {
    check(condition, "attention: ", found..., " (q ", q.shape(), ", k ", k.shape(), ", v ", v.shape(), ")");
  };
  require(q.rank() == 4 && k.rank() == 4 && v.rank() == 4,
          "needs q [b, t, heads, d], k [b, s, heads, d] and v [b, s, heads, e]");
  require(q.dtype() == k.dtype() && q.dtype() == v.dtype(), "q is ", name_of(q.dtype()), ", k ", name_of(k.dtype()),
          " and v ", name_of(v.dtype()));
  require(q.dim(0) == k.dim(0) && q.dim(0) == v.dim(0), "the batches differ");
  require(q.dim(2) == k.dim(2) && q.dim(2) == v.dim(2), "the heads differ");
  require(q.dim(3) == k.dim(3), "queries have ", q.dim(3), " features but keys ", k.dim(3));
  require(k.dim(1) == v.dim(1), "there are ", k.dim(1), " keys but ", v.dim(1), " values");
  return {q.dim(0), q.dim(1), k.dim(1), q.dim(2), q.dim(3), v.dim(3)};
}

AttentionGeometry::Added added(const char* name, const Tensor& x, const Shape& weights, DType dtype) {
  if (!x.defined()) return {};
  check(x.dtype() == dtype, "attention: ", name, " is ", name_of(x.dtype()), " but must be ", name_of(dtype));
  bool fits = x.rank() == 4;
  for (int i = 0; fits && i < 4; ++i) fits = x.dim(i) == 1 || x.dim(i) == weights[i];
  check(fits, "attention: ", name, " is ", x.shape(), " but must be ", weights, ", or 1 where all share it");
  const auto step = [&](int i) {
    int64_t distance = x.dim(i) == 1 ? 0 : 1;
    for (int j = i + 1; j < 4; ++j) distance *= x.dim(j);
    return distance;
  };
  return {step(0), step(1), step(2), step(3)};
}

// The gradient of what was added: summed where it served several.
void give_added(Grads& grads, size_t i, const Shape& shape, const Tensor& slope) {
  std::vector<int> dims;
  for (int d = 0; d < 4; ++d)
    if (shape[d] != slope.dim(d)) dims.push_back(d);
  grads.give(i, dims.empty() ? slope : sum(slope, dims, true));
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  const AttentionShapes n = shapes_of(q, k, v);
  const DType exact = accumulator_of(q.dtype());
  Tensor p = Tensor::empty({n.b, n.heads, n.t, n.s}, exact, q.device());
  const double usual = 1 / std::sqrt(static_cast<double>(n.d > 0 ? n.d : 1));
  const AttentionGeometry g{.b = n.b,
                            .heads = n.heads,
                            .t = n.t,
                            .s = n.s,
                            .scale = options.scale == 0 ? usual : options.scale,
                            .causal = options.causal,
                            .mask = added("mask", options.mask, p.shape(), exact),
                            .bias = added("bias", options.bias, p.shape(), exact)};
  Tensor y = Tensor::empty({n.b, n.t, n.heads, n.e}, q.dtype(), q.device());
  n.multiply(p, q, k, n.t, n.s, n.d, n.weights(), n.of_head(n.t, n.d), n.of_head(n.s, n.d, true), false);
  if (p.numel() > 0) kernels::attention_weights(p, options.mask, options.bias, g);
  n.multiply(y, p, v, n.t, n.e, n.s, n.of_head(n.t, n.e), n.weights(), n.of_head(n.s, n.e), false);

  const Shape mask_shape = options.mask.shape(), bias_shape = options.bias.shape();
  return record(
      "attention", y, {q, k, v, options.mask, options.bias},
      [q = q.detach(), k = k.detach(), v = v.detach(), p, n, factor = g.scale, mask_shape, bias_shape](const Tensor& dy,
                                                                                                       Grads& grads) {
        const NoGrad no_grad;
        if (grads.needs(2)) {  // dv = p' dy
          auto [dv, accumulate] = grads.sink(2);
          n.multiply(dv, p, dy, n.s, n.e, n.t, n.of_head(n.s, n.e), n.weights(true), n.of_head(n.t, n.e), accumulate);
        }
        const bool adds = grads.needs(3) || grads.needs(4);
        if (!grads.needs(0) && !grads.needs(1) && !adds) return;
        Tensor slope = empty_like(p);  // of p, then of what softmax was taken of
        n.multiply(slope, dy, v, n.t, n.s, n.e, n.weights(), n.of_head(n.t, n.e), n.of_head(n.s, n.e, true), false);
        if (slope.numel() > 0) kernels::attention_weights_backward(slope, p, adds ? 1 : factor);
        if (grads.needs(3)) give_added(grads, 3, mask_shape, slope);
        if (grads.needs(4)) give_added(grads, 4, bias_shape, slope);
        if (adds) slope = scale(slope, factor);
        if (grads.needs(0)) {  // dq = slope k
          auto [dq, accumulate] = grads.sink(0);
          n.multiply(dq, slope, k, n.t, n.d, n.s, n.of_head(n.t, n.d), n.weights(), n.of_head(n.s, n.d), accumulate);
        }
        if (grads.needs(1)) {  // dk = slope' q
          auto [dk, accumulate] = grads.sink(1);
          n.multiply(dk, slope, q, n.s, n.d, n.t, n.of_head(n.s, n.d), n.weights(true), n.of_head(n.t, n.d),
                     accumulate);
        }
      });
}

}  // namespace radial
