// Elementwise ops: each is one pass forward and one backward. `relu` keeps its output, `mul` its inputs.
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

void check_same(const char* op, const Tensor& a, const Tensor& b) {
  check_defined(op, {{"a", a}, {"b", b}});
  check(a.shape() == b.shape() && a.dtype() == b.dtype(), op, ": the tensors must have one shape and dtype but are ",
        name_of(a.dtype()), " ", a.shape(), " and ", name_of(b.dtype()), " ", b.shape());
}

Tensor binary(const Tensor& a, const Tensor& b, Binary op) {
  Tensor y = empty_like(a);
  kernels::binary(y, a, b, op);
  return y;
}

Tensor scaled(const Tensor& x, double factor) {
  Tensor y = empty_like(x);
  kernels::scale(y, x, factor);
  return y;
}

Tensor activation(const char* op, const Tensor& x, Activation which) {
  check_defined(op, {{"x", x}});
  Tensor y = empty_like(x);
  kernels::activation_forward(y, x, which);
  return record(op, y, {x}, [y, which](const Tensor& dy, Grads& grads) {
    auto [dx, accumulate] = grads.sink(0);
    kernels::activation_backward(dx, dy, y, which, accumulate);
  });
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  check_same("add", a, b);
  return record("add", binary(a, b, Binary::add), {a, b}, [](const Tensor& dy, Grads& grads) {
    if (grads.needs(0)) grads.give(0, dy);
    if (grads.needs(1)) grads.give(1, dy);
  });
}

Tensor sub(const Tensor& a, const Tensor& b) {
  check_same("sub", a, b);
  return record("sub", binary(a, b, Binary::sub), {a, b}, [](const Tensor& dy, Grads& grads) {
    if (grads.needs(0)) grads.give(0, dy);
    if (grads.needs(1)) grads.give(1, scaled(dy, -1));
  });
}

Tensor mul(const Tensor& a, const Tensor& b) {
  check_same("mul", a, b);
  return record("mul", binary(a, b, Binary::mul), {a, b},
                [a = a.detach(), b = b.detach()](const Tensor& dy, Grads& grads) {
                  if (grads.needs(0)) grads.give(0, binary(dy, b, Binary::mul));
                  if (grads.needs(1)) grads.give(1, binary(dy, a, Binary::mul));
                });
}

Tensor scale(const Tensor& x, double factor) {
  check_defined("scale", {{"x", x}});
  return record("scale", scaled(x, factor), {x},
                [factor](const Tensor& dy, Grads& grads) { grads.give(0, scaled(dy, factor)); });
}

Tensor relu(const Tensor& x) { return activation("relu", x, Activation::relu); }
Tensor relu6(const Tensor& x) { return activation("relu6", x, Activation::relu6); }

Tensor bias(const Tensor& x, const Tensor& b) {
  check_defined("bias", {{"x", x}, {"b", b}});
  const bool same_type = b.dtype() == x.dtype() || b.dtype() == accumulator_of(x.dtype());
  check(b.rank() == 1 && b.dim(0) == x.channels() && same_type, "bias: x has ", x.channels(),
        " channels but the bias is ", name_of(b.dtype()), " ", b.shape(), " (x ", name_of(x.dtype()), " ", x.shape(),
        ")");
  Tensor y = empty_like(x);
  kernels::bias_forward(y, x, b);
  return record("bias", y, {x, b}, [](const Tensor& dy, Grads& grads) {
    if (grads.needs(0)) grads.give(0, dy);
    if (grads.needs(1)) {
      auto [db, accumulate] = grads.sink(1);
      kernels::sum_rows(db, dy, accumulate);
    }
  });
}

Tensor cast(const Tensor& x, DType dtype) { return x.to(dtype); }

}  // namespace radial
