// Pooling. max_pool2d keeps the position of each maximum, the averages nothing but shapes.
#include "core/ops/pool2d.h"

#include "core/kernels.h"
#include "core/ops.h"

namespace radial {

Pool2dGeometry::Pool2dGeometry(const char* op, const Shape& x, const Pool2dOptions& options)
    : kernel(options.kernel), stride(options.stride), padding(options.padding) {
  check(x.rank() == 4, op, ": x must be [n, h, w, c] but is ", x);
  check(kernel >= 1 && stride >= 1 && padding >= 0 && padding <= kernel / 2, op, ": kernel ", kernel, ", stride ",
        stride, ", padding ", padding, " but padding must be at most half of the kernel");
  n = x[0], h = x[1], w = x[2], c = x[3];
  check(h + 2 * padding >= kernel && w + 2 * padding >= kernel, op, ": kernel ", kernel,
        " is larger than the padded x ", x);
  oh = (h + 2 * padding - kernel) / stride + 1;
  ow = (w + 2 * padding - kernel) / stride + 1;
}

Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options) {
  const Pool2dGeometry g("max_pool2d", x.shape(), options);
  Tensor y = Tensor::empty(g.y_shape(), x.dtype(), x.device());
  Tensor index = Tensor::empty(g.y_shape(), DType::i32, x.device());
  kernels::max_pool2d_forward(y, index, x, g);
  return record("max_pool2d", y, {x}, [index, g, shape = x.shape()](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
    kernels::max_pool2d_backward(dx, dy, index, g);
    grads.give(0, dx);
  });
}

Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options) {
  const Pool2dGeometry g("avg_pool2d", x.shape(), options);
  Tensor y = Tensor::empty(g.y_shape(), x.dtype(), x.device());
  kernels::avg_pool2d_forward(y, x, g);
  return record("avg_pool2d", y, {x}, [g, shape = x.shape()](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
    kernels::avg_pool2d_backward(dx, dy, g);
    grads.give(0, dx);
  });
}

Tensor global_avg_pool(const Tensor& x) {
  check(x.rank() == 4 && x.dim(1) * x.dim(2) > 0, "global_avg_pool: x must be [n, h, w, c] but is ", x.shape());
  Tensor y = Tensor::empty({x.dim(0), x.dim(3)}, x.dtype(), x.device());
  kernels::global_avg_pool_forward(y, x);
  return record("global_avg_pool", y, {x}, [shape = x.shape()](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dy.dtype(), dy.device());
    kernels::global_avg_pool_backward(dx, dy);
    grads.give(0, dx);
  });
}

}  // namespace radial
