// Products of many matrices; the kernel is beside that of one.
#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"
#include "core/ops/products.h"
#include "core/ops/reduce.h"
#include "core/untracked.h"

namespace radial {

namespace {

// A tensor of matrices as [outer, inner, rows, columns].
struct Matrices {
  int64_t outer, inner, rows, columns;
  explicit Matrices(const Shape& shape)
      : outer(shape[0]), inner(shape.rank() == 4 ? shape[1] : 1), rows(shape[-2]), columns(shape[-1]) {}

  int64_t size() const { return rows * columns; }
  // One that serves all along a dimension of the batch is not moved along it.
  BatchedGeometry::Factor steps(bool transposed) const {
    return {outer == 1 ? 0 : inner * size(), inner == 1 ? 0 : size(), columns, transposed};
  }
};

// y (+)= op(a) op(b)
void multiply(Tensor& y, const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b, bool accumulate) {
  const Matrices my(y.shape()), ma(a.shape()), mb(b.shape());
  const int64_t k = transpose_a ? ma.rows : ma.columns;
  if (y.numel() == 0) return;
  if (k > 0)
    kernels::bmm(y, a, b,
                 BatchedGeometry{.outer = my.outer,
                                 .inner = my.inner,
                                 .m = my.rows,
                                 .n = my.columns,
                                 .k = k,
                                 .y = my.steps(false),
                                 .a = ma.steps(transpose_a),
                                 .b = mb.steps(transpose_b)},
                 accumulate);
  else if (!accumulate)
    y.fill(0);
}

// The gradient of one factor [its shape], the product of two others over the whole batch.
void give_product(Grads& grads, size_t i, const Shape& shape, const Shape& batch, const Tensor& a, const Tensor& b,
                  bool transpose_a, bool transpose_b) {
  Shape whole = shape;
  std::vector<int> dims;
  for (int d = 0; d < shape.rank() - 2; ++d) {
    if (shape[d] != batch[d]) dims.push_back(d);
    whole.set(d, batch[d]);
  }
  if (dims.empty()) {
    auto [target, accumulate] = grads.sink(i);
    return multiply(target, a, b, transpose_a, transpose_b, accumulate);
  }
  const NoGrad no_grad;
  Tensor all = Tensor::empty(whole, accumulator_of(a.dtype()), a.device());
  multiply(all, a, b, transpose_a, transpose_b, false);
  grads.give(i, Untracked::to(sum(all, dims, true), a.dtype()));
}

}  // namespace

Tensor bmm(const Tensor& a, const Tensor& b, MatmulOptions options) {
  check_defined("bmm", {{"a", a}, {"b", b}});
  const auto [ta, tb] = options;
  const auto require = [&](bool condition, const auto&... found) {
    check(condition, "bmm: ", found..., " (a ", a.shape(), options.transpose_a ? " transposed" : "", ", b ", b.shape(),
          options.transpose_b ? " transposed" : "", ")");
  };
  require(a.rank() == b.rank() && (a.rank() == 3 || a.rank() == 4), "needs one or two dimensions before the matrices");
  require(a.dtype() == b.dtype(), "a is ", name_of(a.dtype()), " but b is ", name_of(b.dtype()));
  Shape shape = a.shape();
  for (int d = 0; d < a.rank() - 2; ++d) {
    require(a.dim(d) == b.dim(d) || a.dim(d) == 1 || b.dim(d) == 1, "dimension ", d, " is ", a.dim(d), " and ",
            b.dim(d), " but must be equal, or 1 in one of them");
    shape.set(d, a.dim(d) == 1 ? b.dim(d) : a.dim(d));
  }
  require(a.dim(ta ? -2 : -1) == b.dim(tb ? -1 : -2), "op(a) has ", a.dim(ta ? -2 : -1), " columns but op(b) has ",
          b.dim(tb ? -1 : -2), " rows");
  shape.set(shape.rank() - 2, a.dim(ta ? -1 : -2));
  shape.set(shape.rank() - 1, b.dim(tb ? -2 : -1));
  Tensor y = Tensor::empty(shape, a.dtype(), a.device());
  multiply(y, a, b, ta, tb, false);
  return record("bmm", y, {a, b},
                [a = a.detach(), b = b.detach(), shape, ta = ta, tb = tb](const Tensor& dy, Grads& grads) {
                  if (grads.needs(0)) {  // d op(a) = dy op(b)'
                    if (ta)
                      give_product(grads, 0, a.shape(), shape, b, dy, tb, true);
                    else
                      give_product(grads, 0, a.shape(), shape, dy, b, false, !tb);
                  }
                  if (grads.needs(1)) {  // d op(b) = op(a)' dy
                    if (tb)
                      give_product(grads, 1, b.shape(), shape, dy, a, true, ta);
                    else
                      give_product(grads, 1, b.shape(), shape, a, dy, !ta, false);
                  }
                });
}

}  // namespace radial
