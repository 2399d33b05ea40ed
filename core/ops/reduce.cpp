// Sums, and what is built from sums over the rows of dimension 0.
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"
#include "core/untracked.h"

namespace radial {

namespace {

Tensor total(const char* op, const Tensor& x, double factor) {
  Tensor y = Tensor::empty({}, accumulator_of(x.dtype()), x.device());
  kernels::sum(OpName{op}, y, x, factor);
  return record(op, y, {x}, [shape = x.shape(), dtype = x.dtype(), factor](const Tensor& dy, Grads& grads) {
    Tensor dx = Tensor::empty(shape, dtype, dy.device());
    kernels::spread(dx, dy, factor);
    grads.give(0, dx);
  });
}

// [rows of dim 0], float64
Tensor dots(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty({a.slices()}, DType::f64, a.device());
  kernels::row_dots(y, a, b);
  return y;
}

Tensor rows_times(const Tensor& x, const Tensor& factors) {
  Tensor y = empty_like(x);
  kernels::scale_rows(y, x, factors, false);
  return y;
}

}  // namespace

Tensor sum(const Tensor& x) {
  check_defined("sum", {{"x", x}});
  return total("sum", x, 1);
}

Tensor mean(const Tensor& x) {
  check_defined("mean", {{"x", x}});
  return total("mean", x, 1 / static_cast<double>(x.numel()));
}

Tensor row_dots(const Tensor& a, const Tensor& b) {
  check_defined("row_dots", {{"a", a}, {"b", b}});
  check(a.rank() > 0 && a.shape() == b.shape() && a.dtype() == b.dtype(), "row_dots: a is ", a.shape(), " but b is ",
        b.shape());
  return record("row_dots", Untracked::to(dots(a, b), accumulator_of(a.dtype())), {a, b},
                [a = a.detach(), b = b.detach()](const Tensor& dy, Grads& grads) {
                  const Tensor factors = Untracked::to(dy, DType::f64);
                  if (grads.needs(0)) grads.give(0, rows_times(b, factors));
                  if (grads.needs(1)) grads.give(1, rows_times(a, factors));
                });
}

Tensor l2_normalize(const Tensor& x, double eps) {
  check_defined("l2_normalize", {{"x", x}});
  check(x.rank() > 0, "l2_normalize: x must have rows");
  Tensor inverse = dots(x, x);
  kernels::l2_normalize_factors(inverse, eps);  // 1 / max(||row||, eps)
  const Tensor y = rows_times(x, inverse);
  return record("l2_normalize", y, {x}, [y, inverse, eps](const Tensor& dy, Grads& grads) {
    // dx = (dy - <y, dy> y) / ||x||; a row below eps is only divided by eps
    Tensor along = dots(y, dy);
    kernels::l2_normalize_backward_factors(along, inverse, eps);
    auto [dx, accumulate] = grads.sink(0);
    kernels::scale_rows(dx, dy, inverse, accumulate);
    kernels::scale_rows(dx, y, along, true);
  });
}

}  // namespace radial
