// Pooling. max_pool2d keeps the position of each maximum, the averages nothing but shapes.
#include "core/ops/pool2d.h"

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"
#include "core/parallel.h"
#include "core/told_options.h"

namespace radial {

namespace {

constexpr int64_t most = 0x7FFFFFFF;  // positions in a picture are int32

}  // namespace

void check_options(const char* op, const Pool2dOptions& options) {
  const auto& [kernel, stride, padding, ceil_mode, count_include_pad] = options;
  check(kernel.least() >= 1 && stride.least() >= 1 && padding.least() >= 0 && padding.h <= kernel.h / 2 &&
            padding.w <= kernel.w / 2 && kernel.most() <= most && stride.most() <= most,
        op, ": kernel ", kernel, ", stride ", stride, ", padding ", padding,
        " but kernel and stride must be at least 1 and fit 32 bits, padding at most half of the kernel");
}

Pool2dGeometry::Pool2dGeometry(const char* op, const Shape& x, const Pool2dOptions& options)
    : count_include_pad(options.count_include_pad) {
  check_options(op, options);
  check(x.rank() == 4, op, ": x must be [n, h, w, c] but is ", x);
  n = x[0], h = x[1], w = x[2], c = x[3];
  check(h > 0 && w > 0 && h <= most && w <= most / h, op, ": pictures must have pixels, at most 2^31 - 1, but x is ",
        x);
  const Pair kernel = options.kernel, stride = options.stride, padding = options.padding;
  const Pair more = options.ceil_mode ? Pair{stride.h - 1, stride.w - 1} : Pair{0, 0};  // what a window may lack
  check(h + 2 * padding.h + more.h >= kernel.h && w + 2 * padding.w + more.w >= kernel.w, op, ": kernel ", kernel,
        " is larger than the padded x ", x);
  const auto windows = [&](int64_t extent, int64_t size, int64_t step, int64_t pad) {
    const int64_t room = extent + 2 * pad - size;
    const int64_t count = (room + (options.ceil_mode ? step - 1 : 0)) / step + 1;
    return options.ceil_mode && (count - 1) * step >= extent + pad ? count - 1 : count;  // none beyond the picture
  };
  oh = windows(h, kernel.h, stride.h, padding.h);
  ow = windows(w, kernel.w, stride.w, padding.w);
  rows = {h, oh, kernel.h, stride.h, padding.h};
  columns = {w, ow, kernel.w, stride.w, padding.w};
}

Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options) {
  check_defined("max_pool2d", {{"x", x}});
  const Pool2dGeometry g("max_pool2d", x.shape(), options);
  Tensor y = Tensor::empty(g.y_shape(), x.dtype(), x.device());
  Tensor index = Tensor::empty(g.y_shape(), DType::i32, x.device());
  kernels::max_pool2d_forward(y, index, x, g);
  const ToldOptions told(options);
  return record("max_pool2d", y, {x}, [index, g, shape = x.shape()](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
    kernels::max_pool2d_backward(dx, dy, index, g);
    grads.give(0, dx);
  });
}

Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options) {
  check_defined("avg_pool2d", {{"x", x}});
  const Pool2dGeometry g("avg_pool2d", x.shape(), options);
  Tensor y = Tensor::empty(g.y_shape(), x.dtype(), x.device());
  kernels::avg_pool2d_forward(y, x, g);
  const ToldOptions told(options);
  return record("avg_pool2d", y, {x}, [g, shape = x.shape()](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
    kernels::avg_pool2d_backward(dx, dy, g);
    grads.give(0, dx);
  });
}

Tensor global_avg_pool(const Tensor& x) {
  check_defined("global_avg_pool", {{"x", x}});
  check(x.rank() == 4 && x.dim(1) > 0 && x.dim(2) > 0, "global_avg_pool: x must be [n, h, w, c] but is ", x.shape());
  Tensor y = Tensor::empty({x.dim(0), x.dim(3)}, x.dtype(), x.device());
  kernels::global_avg_pool_forward(y, x);
  return record("global_avg_pool", y, {x}, [shape = x.shape()](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
    kernels::global_avg_pool_backward(dx, dy);
    grads.give(0, dx);
  });
}

}  // namespace radial
