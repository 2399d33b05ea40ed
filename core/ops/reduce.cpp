// Sums, and what is built from sums over the rows of dimension 0.
#include <cmath>

#include "core/kernels.h"
#include "core/ops.h"

namespace radial {

namespace {

Tensor total(const char* op, const Tensor& x, double factor) {
  Tensor y = Tensor::empty({}, x.dtype(), x.device());
  kernels::sum(y, x, factor);
  return record(op, y, {x}, [shape = x.shape(), factor](const Tensor& dy, Grads& grads) {
    grads.give(0, Tensor::full(shape, factor * dy.item(), dy.dtype(), dy.device()));
  });
}

// [rows of dim 0], float64
Tensor dots(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty({a.dim(0)}, DType::f64, a.device());
  kernels::row_dots(y, a, b);
  return y;
}

Tensor rows_times(const Tensor& x, const Tensor& factors) {
  Tensor y = empty_like(x);
  kernels::scale_rows(y, x, factors, false);
  return y;
}

}  // namespace

Tensor sum(const Tensor& x) { return total("sum", x, 1); }

Tensor mean(const Tensor& x) {
  check(x.numel() > 0, "mean: the tensor is empty ", x.shape());
  return total("mean", x, 1 / static_cast<double>(x.numel()));
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  return record("reshape", x.view(shape), {x},
                [from = x.shape()](const Tensor& dy, Grads& grads) { grads.give(0, dy.view(from)); });
}

Tensor row_dots(const Tensor& a, const Tensor& b) {
  check(a.rank() > 0 && a.shape() == b.shape() && a.dtype() == b.dtype(), "row_dots: a is ", a.shape(), " but b is ",
        b.shape());
  return record("row_dots", dots(a, b).to(a.dtype()), {a, b},
                [a = a.detach(), b = b.detach()](const Tensor& dy, Grads& grads) {
                  const Tensor factors = dy.to(DType::f64);
                  if (grads.needs(0)) grads.give(0, rows_times(b, factors));
                  if (grads.needs(1)) grads.give(1, rows_times(a, factors));
                });
}

Tensor l2_normalize(const Tensor& x, double eps) {
  check(x.rank() > 0, "l2_normalize: x must have rows");
  // The few numbers of the rows are computed by the CPU, whatever the device of x.
  Tensor inverse = dots(x, x).to(Device{});  // 1 / max(||row||, eps)
  double* values = inverse.data<double>();
  for (int64_t i = 0; i < inverse.numel(); ++i) values[i] = 1 / std::fmax(std::sqrt(values[i]), eps);
  const Tensor y = rows_times(x, inverse.to(x.device()));
  return record("l2_normalize", y, {x}, [y, inverse, eps](const Tensor& dy, Grads& grads) {
    // dx = (dy - <y, dy> y) / ||x||; a row below eps is only divided by eps
    Tensor along = dots(y, dy).to(Device{});
    double* part = along.data<double>();
    const double* scale_of = inverse.data<double>();
    for (int64_t i = 0; i < along.numel(); ++i) part[i] *= scale_of[i] >= 1 / eps ? 0 : -scale_of[i];
    auto [dx, accumulate] = grads.sink(0);
    kernels::scale_rows(dx, dy, inverse.to(dy.device()), accumulate);
    kernels::scale_rows(dx, y, along.to(dy.device()), true);
  });
}

}  // namespace radial
