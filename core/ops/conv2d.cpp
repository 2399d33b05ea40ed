#include "core/ops/conv2d.h"

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"
#include "core/told_options.h"
#include "core/untracked.h"

namespace radial {

Conv2dGeometry::Conv2dGeometry(const Shape& input, const Shape& weight, const Conv2dOptions& options) {
  const auto require = [&](bool condition, const auto&... found) {
    check(condition, "conv2d: ", found..., " (x ", input, ", w ", weight, ")");
  };
  require(input.rank() == 4 && weight.rank() == 4, "needs x [n, h, w, c] and w [o, kh, kw, c / groups]");
  n = input[0], h = input[1], w = input[2], c = input[3];
  o = weight[0], kh = weight[1], kw = weight[2], cg = weight[3];
  stride = options.stride, padding = options.padding, dilation = options.dilation, groups = options.groups;

  constexpr int64_t most = 0x7FFFFFFF;  // so that no sum or product of two leaves 64 bits
  require(1 <= stride.least() && stride.most() <= most, "stride ", stride, " but must be at least 1 and fit 32 bits");
  require(0 <= padding.least() && padding.most() <= most, "padding ", padding,
          " but must be at least 0 and fit 32 bits");
  require(1 <= dilation.least() && dilation.most() <= most, "dilation ", dilation,
          " but must be at least 1 and fit 32 bits");
  require(groups >= 1, "groups ", groups, " but must be at least 1");
  require(weight.numel() > 0, "w has no elements");
  for (const int64_t side : {h, w, kh, kw}) require(side <= most, "a side of ", side, " but it must fit 32 bits");
  require(c % groups == 0 && o % groups == 0, "x has ", c, " channels and w ", o, " filters but ", groups,
          " groups must divide both");
  if (groups == 1)
    require(cg == c, "x has ", c, " channels but w expects ", cg);
  else
    require(cg == c / groups, "x has ", c, " channels in ", groups, " groups but w expects ", cg, " in each");

  const int64_t reach_h = dilation.h * (kh - 1) + 1, reach_w = dilation.w * (kw - 1) + 1;
  const int64_t padded_h = h + 2 * padding.h, padded_w = w + 2 * padding.w;
  require(padded_h >= reach_h && padded_w >= reach_w, "the padded picture is ", padded_h, " x ", padded_w,
          " but the filters reach over ", reach_h, " x ", reach_w);
  oh = (padded_h - reach_h) / stride.h + 1;
  ow = (padded_w - reach_w) / stride.w + 1;
}

namespace {

// A convolution without pictures or pixels is a sum of nothing.
bool is_empty(const Conv2dGeometry& g) { return g.x_shape().numel() == 0 || g.rows() == 0; }

void clear(const Grads::Sink& sink) {
  if (!sink.accumulate) Tensor(sink.target).fill(0);
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2dOptions& options) {
  check_defined("conv2d", {{"x", x}, {"w", w}});
  check(w.dtype() == x.dtype() || w.dtype() == accumulator_of(x.dtype()), "conv2d: x is ", name_of(x.dtype()),
        " but w is ", name_of(w.dtype()));
  const Conv2dGeometry g(x.shape(), w.shape(), options);
  Tensor y = Tensor::empty(g.y_shape(), x.dtype(), x.device());
  const Tensor factor = Untracked::to(w, x.dtype());  // as the products take it
  if (is_empty(g))
    y.fill(0);
  else
    kernels::conv2d_forward(y, x, factor, g);
  const ToldOptions told(g);
  return record("conv2d", y, {x, w}, [x = x.detach(), factor, g](const Tensor& dy, Grads& grads) {
    if (grads.needs(0)) {
      auto [dx, accumulate] = grads.sink(0);
      if (is_empty(g))
        clear({dx, accumulate});
      else
        kernels::conv2d_backward_input(dx, dy, factor, g, accumulate);
    }
    if (grads.needs(1)) {
      auto [dw, accumulate] = grads.sink(1);
      if (is_empty(g))
        clear({dw, accumulate});
      else
        kernels::conv2d_backward_weight(dw, dy, x, g, accumulate);
    }
  });
}

}  // namespace radial
