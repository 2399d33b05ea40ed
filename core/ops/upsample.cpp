#include "core/ops/upsample.h"

#include <cmath>

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

UpsampleAxis axis_of(int64_t from, int64_t size, const UpsampleOptions& options) {
  UpsampleAxis axis{from, size, 0, 0, options.mode == Interpolation::nearest};
  if (options.scale > 0) axis.to = static_cast<int64_t>(std::floor(static_cast<double>(from) * options.scale));
  const auto extent = [](int64_t n) { return static_cast<double>(n); };
  if (!axis.nearest && options.align_corners) {
    axis.step = axis.to > 1 ? extent(from - 1) / extent(axis.to - 1) : 0;
    return axis;
  }
  axis.step = options.scale > 0 ? 1 / options.scale : extent(from) / extent(axis.to);
  if (!axis.nearest) axis.shift = 0.5 * axis.step - 0.5;
  return axis;
}

}  // namespace

UpsampleGeometry::UpsampleGeometry(const Shape& x, const UpsampleOptions& options) {
  const auto require = [&](bool condition, const auto&... found) {
    check(condition, "upsample: ", found..., " (x ", x, ")");
  };
  constexpr int64_t most = 0x7FFFFFFF;  // pixels of a side
  require(x.rank() == 4, "x must be [n, h, w, c]");
  require(1 <= x[1] && x[1] <= most && 1 <= x[2] && x[2] <= most, "pictures must have pixels, at most 2^31 - 1 a side");
  const bool by_size = options.size.least() >= 1 && options.size.most() <= most && options.scale == 0;
  require(by_size || (options.size == 0 && options.scale > 0 && std::isfinite(options.scale)), "size ", options.size,
          ", scale ", options.scale, " but needs either, positive");
  require(by_size || static_cast<double>(std::max(x[1], x[2])) * options.scale <= static_cast<double>(most),
          "a scale of ", options.scale, " makes it too large");
  require(options.mode == Interpolation::bilinear || !options.align_corners, "align_corners is for bilinear only");
  n = x[0], c = x[3];
  rows = axis_of(x[1], options.size.h, options);
  columns = axis_of(x[2], options.size.w, options);
  require(rows.to >= 1 && columns.to >= 1, "a scale of ", options.scale, " leaves no pixels");
}

Tensor upsample(const Tensor& x, const UpsampleOptions& options) {
  check_defined("upsample", {{"x", x}});
  const UpsampleGeometry g(x.shape(), options);
  Tensor y = Tensor::empty(g.y_shape(), x.dtype(), x.device());
  if (y.numel() > 0) kernels::upsample_forward(y, x, g);
  return record("upsample", y, {x}, [g, shape = x.shape()](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
    if (dx.numel() > 0) kernels::upsample_backward(dx, dy, g);
    grads.give(0, dx);
  });
}

}  // namespace radial
