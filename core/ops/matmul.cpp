#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

// y (+)= op(a) op(b); 0 where they are sums of nothing
void multiply(Tensor& y, const Tensor& a, const Tensor& b, const MatmulGeometry& g, bool accumulate) {
  if (g.m > 0 && g.n > 0 && g.k > 0)
    kernels::matmul(y, a, b, g, accumulate);
  else if (!accumulate)
    y.fill(0);
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options) {
  check_defined("matmul", {{"a", a}, {"b", b}});
  check(a.rank() == 2 && b.rank() == 2, "matmul: a ", a.shape(), " and b ", b.shape(), " but needs two matrices");
  check(a.dtype() == b.dtype(), "matmul: a is ", name_of(a.dtype()), " but b is ", name_of(b.dtype()));
  const auto [ta, tb] = options;
  const int64_t m = a.dim(ta ? 1 : 0), k = a.dim(ta ? 0 : 1), n = b.dim(tb ? 0 : 1);
  check(b.dim(tb ? 1 : 0) == k, "matmul: op(a) has ", k, " columns but op(b) has ", b.dim(tb ? 1 : 0), " rows (a ",
        a.shape(), ta ? " transposed" : "", ", b ", b.shape(), tb ? " transposed" : "", ")");
  Tensor y = Tensor::empty({m, n}, a.dtype(), a.device());
  multiply(y, a, b, {m, n, k, ta, tb}, false);
  return record("matmul", y, {a, b},
                [a = a.detach(), b = b.detach(), m, n, k, ta = ta, tb = tb](const Tensor& dy, Grads& grads) {
                  if (grads.needs(0)) {  // d op(a) = dy op(b)'
                    auto [da, accumulate] = grads.sink(0);
                    if (ta)
                      multiply(da, b, dy, {k, m, n, tb, true}, accumulate);
                    else
                      multiply(da, dy, b, {m, k, n, false, !tb}, accumulate);
                  }
                  if (grads.needs(1)) {  // d op(b) = op(a)' dy
                    auto [db, accumulate] = grads.sink(1);
                    if (tb)
                      multiply(db, dy, a, {n, k, m, true, ta}, accumulate);
                    else
                      multiply(db, a, dy, {k, n, m, !ta, false}, accumulate);
                  }
                });
}

Tensor linear(const Tensor& x, const Tensor& w, const Tensor& b) {
  check_defined("linear", {{"x", x}, {"w", w}});
  check(x.rank() > 0 && w.rank() == 2, "linear: x ", x.shape(), " and w ", w.shape(),
        " but needs x [..., in] and w [out, in]");
  check(x.dim(-1) == w.dim(1), "linear: x has ", x.dim(-1), " features but w expects ", w.dim(1), " (x ", x.shape(),
        ", w ", w.shape(), ")");
  check(w.dtype() == x.dtype() || w.dtype() == accumulator_of(x.dtype()), "linear: x is ", name_of(x.dtype()),
        " but w is ", name_of(w.dtype()));
  Shape shape = x.shape();
  shape.set(-1, w.dim(0));
  const int64_t n = lanes_along(shape, x.rank() - 1).outer, in = w.dim(1), out = w.dim(0);
  if (b) {
    check(b.shape() == Shape{out}, "linear: b is ", b.shape(), " but w ", w.shape(), " needs ", Shape{out});
    check(b.dtype() == w.dtype(), "linear: w is ", name_of(w.dtype()), " but b is ", name_of(b.dtype()));
  }
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  multiply(y, x, w, {n, out, in, false, true}, false);
  if (b) kernels::binary_forward(y, y, b, pointwise::Add{}, broadcast(y.shape(), {y.shape(), b.shape()}));
  return record("linear", y, {x, w, b}, [x = x.detach(), w = w.detach(), n, in, out](const Tensor& dy, Grads& grads) {
    if (grads.needs(0)) {
      auto [dx, accumulate] = grads.sink(0);
      multiply(dx, dy, w, {n, in, out, false, false}, accumulate);
    }
    if (grads.needs(1)) {
      auto [dw, accumulate] = grads.sink(1);
      multiply(dw, dy, x, {out, in, n, true, false}, accumulate);
    }
    if (grads.needs(2)) {
      auto [db, accumulate] = grads.sink(2);
      kernels::sum_rows(db, dy, accumulate);
    }
  });
}

}  // namespace radial
