#include "core/ops/distance.h"

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"
#include "core/untracked.h"

namespace radial {

namespace {

Tensor measured(const char* op, const Tensor& a, const Tensor& b, bool root) {
  check_defined(op, {{"a", a}, {"b", b}});
  check(a.rank() == b.rank() && (a.rank() == 2 || (a.rank() == 3 && a.dim(0) == b.dim(0))) && a.dim(-1) == b.dim(-1),
        op, ": a ", a.shape(), " and b ", b.shape(),
        " but needs [m, d] and [n, d], or both with the same batch before");
  check(a.dtype() == b.dtype(), op, ": a is ", name_of(a.dtype()), " but b is ", name_of(b.dtype()));
  const bool batched = a.rank() == 3;
  const auto with_batch = [&](const Tensor& x) {
    return batched ? x.detach() : Untracked::view(x.detach(), {1, x.dim(0), x.dim(1)});
  };
  const Tensor a3 = with_batch(a), b3 = with_batch(b);
  const Shape shape = batched ? Shape{a.dim(0), a.dim(1), b.dim(1)} : Shape{a.dim(0), b.dim(0)};
  Tensor y = Tensor::empty(shape, accumulator_of(a.dtype()), a.device());
  Tensor y3 = Untracked::view(y, {a3.dim(0), a3.dim(1), b3.dim(1)});
  if (y.numel() > 0) kernels::distances(y3, a3, b3, root);
  return record(op, y, {a, b}, [a3, b3, roots = root ? y3 : Tensor(), batched](const Tensor& dy, Grads& grads) {
    const Tensor dy3 = Untracked::view(dy, {a3.dim(0), a3.dim(1), b3.dim(1)});
    const auto give = [&](size_t i, const Tensor& x, const Tensor& other, bool transposed) {
      if (!grads.needs(i)) return;
      Tensor dx = empty_like(x);
      if (dx.numel() > 0) kernels::distances_backward(dx, dy3, roots, x, other, transposed);
      grads.give(i, batched ? dx : Untracked::view(dx, {x.dim(1), x.dim(2)}));
    };
    give(0, a3, b3, false);
    give(1, b3, a3, true);
  });
}

}  // namespace

Tensor squared_distances(const Tensor& a, const Tensor& b) { return measured("squared_distances", a, b, false); }
Tensor distances(const Tensor& a, const Tensor& b) { return measured("distances", a, b, true); }

}  // namespace radial
