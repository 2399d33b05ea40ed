#include "core/ops/softmax.h"

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

Tensor softmax_along(const char* op, const Tensor& x, int dim, bool logarithm) {
  check_defined(op, {{"x", x}});
  const Lanes lanes = lanes_along(x.shape(), dim_of(op, x.shape(), dim));
  Tensor y = empty_like(x);
  kernels::softmax(y, x, lanes, logarithm);
  return record(op, y, {x}, [y, lanes, logarithm](const Tensor& dy, Grads& grads) {
    Tensor dx = empty_like(y);
    kernels::softmax_backward(dx, dy, y, lanes, logarithm);
    grads.give(0, dx);
  });
}

}  // namespace

Tensor softmax(const Tensor& x, int dim) { return softmax_along("softmax", x, dim, false); }
Tensor log_softmax(const Tensor& x, int dim) { return softmax_along("log_softmax", x, dim, true); }

}  // namespace radial
