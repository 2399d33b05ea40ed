#include "core/ops/deform_conv2d.h"

#include "core/autograd.h"
#include "core/ops/arguments.h"
#include "core/ops/products.h"
#include "core/ops/shape.h"
#include "core/untracked.h"

namespace radial {

DeformConv2dGeometry::DeformConv2dGeometry(const Shape& x, const Shape& offset, const Shape& mask, const Shape& weight,
                                           const DeformConv2dOptions& options)
    : stride(options.stride), padding(options.padding), dilation(options.dilation) {
  const auto require = [&](bool condition, const auto&... found) {
    check(condition, "deform_conv2d: ", found..., " (x ", x, ", offset ", offset, ", mask ", mask, ", w ", weight, ")");
  };
  require(x.rank() == 4 && weight.rank() == 4 && offset.rank() == 4 && mask.rank() == 4,
          "needs x [n, h, w, c], offset [n, oh, ow, 2 groups kh kw], mask [n, oh, ow, groups kh kw], w [o, kh, kw, c]");
  n = x[0], h = x[1], w = x[2], c = x[3];
  o = weight[0], kh = weight[1], kw = weight[2];
  constexpr int64_t most = 0x7FFFFFFF;  // so that no sum or product of two leaves 64 bits
  require(1 <= stride.least() && stride.most() <= most, "stride ", stride, " but must be at least 1 and fit 32 bits");
  require(1 <= dilation.least() && dilation.most() <= most, "dilation ", dilation,
          " but must be at least 1 and fit 32 bits");
  require(0 <= padding.least() && padding.most() <= most, "padding ", padding,
          " but must be at least 0 and fit 32 bits");
  require(weight.numel() > 0, "w has no elements");
  require(h >= 1 && w >= 1, "x has no pixels");
  for (const int64_t side : {h, w, kh, kw}) require(side <= most, "a side of ", side, " but it must fit 32 bits");
  require(weight[3] == c, "x has ", c, " channels but w expects ", weight[3]);
  const int64_t reach_h = dilation.h * (kh - 1) + 1, reach_w = dilation.w * (kw - 1) + 1;
  const int64_t padded_h = h + 2 * padding.h, padded_w = w + 2 * padding.w;
  require(padded_h >= reach_h && padded_w >= reach_w, "the padded picture is ", padded_h, " x ", padded_w,
          " but the filters reach over ", reach_h, " x ", reach_w);
  oh = (padded_h - reach_h) / stride.h + 1;
  ow = (padded_w - reach_w) / stride.w + 1;
  groups = mask[3] / (kh * kw);
  require(groups >= 1 && mask == Shape({n, oh, ow, groups * kh * kw}),
          "the mask must have a number a tap and group for ", oh, " x ", ow, " pixels");
  require(offset == Shape({n, oh, ow, 2 * groups * kh * kw}), "the offsets must be two a number of the mask");
  require(c % groups == 0, groups, " groups of offsets but they must divide the channels");
}

namespace {

Tensor deform_columns(const Tensor& x, const Tensor& offset, const Tensor& mask, const DeformConv2dGeometry& g) {
  Tensor columns = Tensor::empty(g.columns_shape(), x.dtype(), x.device());
  if (columns.numel() > 0) kernels::deform_columns_forward(columns, x, offset, mask, g);
  const auto backward = [x = x.detach(), offset = offset.detach(), mask = mask.detach(), g](const Tensor& dcolumns,
                                                                                            Grads& grads) {
    const bool any = dcolumns.numel() > 0;
    if (grads.needs(0)) {
      Tensor dx = Tensor::zeros(x.shape(), accumulator_of(x.dtype()), x.device());
      if (any) kernels::deform_columns_backward_input(dx, dcolumns, offset, mask, g);
      grads.give(0, Untracked::to(dx, x.dtype()));
    }
    if (grads.needs(1) || grads.needs(2)) {
      Tensor doffset = zeros_like(offset), dmask = zeros_like(mask);
      if (any) kernels::deform_columns_backward_places(doffset, dmask, dcolumns, x, offset, mask, g);
      if (grads.needs(1)) grads.give(1, doffset);
      if (grads.needs(2)) grads.give(2, dmask);
    }
  };
  return record("deform_columns", columns, {x, offset, mask}, backward);
}

}  // namespace

Tensor deform_conv2d(const Tensor& x, const Tensor& offset, const Tensor& mask, const Tensor& w,
                     const DeformConv2dOptions& options) {
  check_defined("deform_conv2d", {{"x", x}, {"offset", offset}, {"mask", mask}, {"w", w}});
  check(offset.dtype() == x.dtype() && mask.dtype() == x.dtype(), "deform_conv2d: x is ", name_of(x.dtype()),
        " but offset is ", name_of(offset.dtype()), " and mask ", name_of(mask.dtype()));
  check(w.dtype() == x.dtype() || w.dtype() == accumulator_of(x.dtype()), "deform_conv2d: x is ", name_of(x.dtype()),
        " but w is ", name_of(w.dtype()));
  const DeformConv2dGeometry g(x.shape(), offset.shape(), mask.shape(), w.shape(), options);
  const Tensor columns = deform_columns(x, offset, mask, g);
  return reshape(linear(columns, reshape(w, {g.o, g.taps() * g.c})), {g.n, g.oh, g.ow, g.o});
}

}  // namespace radial
