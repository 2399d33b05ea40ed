// What is made of the kernels of conv2d: convolutions along one axis and transposed ones.
#include "core/ops/conv.h"

#include <algorithm>

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"
#include "core/ops/shape.h"
#include "core/untracked.h"

namespace radial {

Tensor conv1d(const Tensor& x, const Tensor& w, const Conv1dOptions& options) {
  check_defined("conv1d", {{"x", x}, {"w", w}});
  check(x.rank() == 3 && w.rank() == 3, "conv1d: needs x [n, t, c] and w [o, k, c / groups] (x ", x.shape(), ", w ",
        w.shape(), ")");
  const int64_t reach = options.dilation * (w.dim(1) - 1) + 1, padded = x.dim(1) + 2 * options.padding;
  check(options.dilation < 1 || options.padding < 0 || reach <= padded, "conv1d: the padded line has ", padded,
        " elements but the filters reach over ", reach, " (x ", x.shape(), ", w ", w.shape(), ")");
  const Tensor y = conv2d(reshape(x, {x.dim(0), 1, x.dim(1), x.dim(2)}), reshape(w, {w.dim(0), 1, w.dim(1), w.dim(2)}),
                          {.stride = {1, options.stride},
                           .padding = {0, options.padding},
                           .dilation = {1, options.dilation},
                           .groups = options.groups});
  return reshape(y, {y.dim(0), y.dim(2), y.dim(3)});
}

namespace {

// The geometry of the convolution whose gradient this is: its picture is y, its result x.
Conv2dGeometry transposed_geometry(const Shape& x, const Shape& w, const ConvTranspose2dOptions& options) {
  const auto require = [&](bool condition, const auto&... found) {
    check(condition, "conv_transpose2d: ", found..., " (x ", x, ", w ", w, ")");
  };
  require(x.rank() == 4 && w.rank() == 4, "needs x [n, h, w, in] and w [in, kh, kw, out / groups]");
  require(w.numel() > 0, "w has no elements");
  require(x[3] == w[0], "x has ", x[3], " channels but w expects ", w[0]);
  constexpr int64_t most = 0x7FFFFFFF;  // so that no sum or product of two leaves 64 bits
  const auto& [stride, padding, output_padding, dilation, groups] = options;
  require(1 <= stride.least() && stride.most() <= most, "stride ", stride, " but must be at least 1 and fit 32 bits");
  require(1 <= dilation.least() && dilation.most() <= most, "dilation ", dilation,
          " but must be at least 1 and fit 32 bits");
  require(0 <= padding.least() && padding.most() <= most, "padding ", padding,
          " but must be at least 0 and fit 32 bits");
  require(0 <= output_padding.least() && output_padding.h < stride.h && output_padding.w < stride.w, "output_padding ",
          output_padding, " but must be at least 0 and less than the stride ", stride);
  require(groups >= 1 && x[3] % groups == 0, groups, " groups but they must divide the channels");
  require(x[1] >= 1 && x[2] >= 1, "x has no pixels");
  for (const int64_t side : {x[1], x[2], w[1], w[2]})
    require(side <= most, "a side of ", side, " but it must fit 32 bits");
  const auto side = [](int64_t from, int64_t taps, int64_t step, int64_t off, int64_t more, int64_t apart) {
    return (from - 1) * step - 2 * off + apart * (taps - 1) + more + 1;
  };
  const int64_t h = side(x[1], w[1], stride.h, padding.h, output_padding.h, dilation.h);
  const int64_t width = side(x[2], w[2], stride.w, padding.w, output_padding.w, dilation.w);
  require(h >= 1 && width >= 1, "the result would be ", h, " x ", width);
  return {{x[0], h, width, w[3] * groups}, w, {stride, padding, dilation, groups}};
}

}  // namespace

Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const ConvTranspose2dOptions& options) {
  check_defined("conv_transpose2d", {{"x", x}, {"w", w}});
  check(w.dtype() == x.dtype() || w.dtype() == accumulator_of(x.dtype()), "conv_transpose2d: x is ", name_of(x.dtype()),
        " but w is ", name_of(w.dtype()));
  const Conv2dGeometry g = transposed_geometry(x.shape(), w.shape(), options);
  Tensor y = Tensor::empty(g.x_shape(), x.dtype(), x.device());
  const Tensor factor = Untracked::to(w, x.dtype());  // as the products take it
  if (g.n > 0) kernels::conv2d_backward_input(y, x, factor, g, false);
  return record("conv_transpose2d", y, {x, w}, [x = x.detach(), factor, g](const Tensor& dy, Grads& grads) {
    if (grads.needs(0)) {
      Tensor dx = empty_like(x);
      if (g.n > 0) kernels::conv2d_forward(dx, dy, factor, g);
      grads.give(0, dx);
    }
    if (grads.needs(1)) {
      auto [dw, accumulate] = grads.sink(1);
      if (g.n > 0)
        kernels::conv2d_backward_weight(dw, x, dy, g, accumulate);
      else if (!accumulate)
        dw.fill(0);
    }
  });
}

}  // namespace radial
