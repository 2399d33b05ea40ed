// A formula of core/ops/pointwise_formulas.h and its name make an op: one pass forward, and one backward for each
// input.
#include "core/ops/pointwise.h"

#include <cmath>

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"
#include "core/ops/broadcast.h"

namespace radial {

namespace {

using namespace pointwise;

template <class Formula>
Tensor unary(const char* op, const Tensor& x, const Formula& formula) {
  check_defined(op, {{"x", x}});
  check(is_float(x.dtype()), op, ": got ", name_of(x.dtype()), " ", x.shape(), " but needs a floating-point tensor");
  Tensor y = empty_like(x);
  kernels::unary_forward(OpName{op}, y, x, UnaryFormula(formula));
  const Tensor kept = Formula::keeps == Keeps::input ? x.detach() : Formula::keeps == Keeps::output ? y : Tensor();
  return record(op, y, {x}, [op, kept, formula](const Tensor& dy, Grads& grads) {
    auto [dx, accumulate] = grads.sink(0);
    kernels::unary_backward(OpName{op}, dx, dy, kept ? kept : dy, UnaryFormula(formula), accumulate);
  });
}

void check_dtypes(const char* op, const Tensor& a, const Tensor& b) {
  check_defined(op, {{"a", a}, {"b", b}});
  check(a.dtype() == b.dtype(), op, ": the tensors must have one dtype but are ", name_of(a.dtype()), " ", a.shape(),
        " and ", name_of(b.dtype()), " ", b.shape());
}

// Side 0 is a, side 1 is b.
template <class Formula>
void give_gradient(const char* op, Grads& grads, int side, const Tensor& dy, const Tensor& a, const Tensor& b,
                   const Shape& shape, const Formula& formula) {
  const auto i = static_cast<size_t>(side);
  if (!grads.needs(i)) return;
  if (side == 0 ? Formula::hands_on_a : Formula::hands_on_b) return grads.give(i, sum_to(dy, shape));
  const Broadcast g = broadcast(dy.shape(), {dy.shape(), a ? a.shape() : dy.shape(), b ? b.shape() : dy.shape()});
  const auto pass = [&](Tensor& d, bool accumulate) {
    kernels::binary_backward(OpName{op}, d, dy, a ? a : dy, b ? b : dy, BinaryFormula(formula), side, g, accumulate);
  };
  if (shape == dy.shape()) {
    auto [d, accumulate] = grads.sink(i);
    pass(d, accumulate);
  } else {
    Tensor d = empty_like(dy);
    pass(d, false);
    grads.give(i, sum_to(d, shape));
  }
}

template <class Formula>
Tensor binary(const char* op, const Tensor& a, const Tensor& b, const Formula& formula) {
  check_dtypes(op, a, b);
  check(is_float(a.dtype()), op, ": got ", name_of(a.dtype()), " ", a.shape(), " but needs floating-point tensors");
  const Shape shape = joined_shape(op, {a.shape(), b.shape()});
  Tensor y = Tensor::empty(shape, a.dtype(), a.device());
  kernels::binary_forward(OpName{op}, y, a, b, BinaryFormula(formula), broadcast(shape, {a.shape(), b.shape()}));
  const Tensor no_tensor, &kept_a = Formula::keeps ? a : no_tensor, &kept_b = Formula::keeps ? b : no_tensor;
  return record(op, y, {a, b},
                [op, a = kept_a.detach(), b = kept_b.detach(), shape_a = a.shape(), shape_b = b.shape(), formula](
                    const Tensor& dy, Grads& grads) {
                  give_gradient(op, grads, 0, dy, a, b, shape_a, formula);
                  give_gradient(op, grads, 1, dy, a, b, shape_b, formula);
                });
}

template <class Formula>
Tensor compare(const char* op, const Tensor& a, const Tensor& b, const Formula& formula) {
  check_dtypes(op, a, b);
  const Shape shape = joined_shape(op, {a.shape(), b.shape()});
  Tensor y = Tensor::empty(shape, DType::u8, a.device());
  kernels::compare(OpName{op}, y, a, b, Comparison(formula), broadcast(shape, {a.shape(), b.shape()}));
  return y;
}

// A tensor of one element that joins with x.
Tensor number_like(const char* op, const Tensor& x, double value) {
  check_defined(op, {{"a", x}});
  check_holds(op, x.dtype(), value);
  return Tensor::full({}, value, x.dtype(), x.device());
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return binary("add", a, b, Add{}); }
Tensor sub(const Tensor& a, const Tensor& b) { return binary("sub", a, b, Subtract{}); }
Tensor mul(const Tensor& a, const Tensor& b) { return binary("mul", a, b, Multiply{}); }
Tensor div(const Tensor& a, const Tensor& b) { return binary("div", a, b, Divide{}); }
Tensor minimum(const Tensor& a, const Tensor& b) { return binary("minimum", a, b, Minimum{}); }
Tensor maximum(const Tensor& a, const Tensor& b) { return binary("maximum", a, b, Maximum{}); }

Tensor neg(const Tensor& x) { return unary("neg", x, Scale{-1}); }
Tensor scale(const Tensor& x, double factor) { return unary("scale", x, Scale{factor}); }
Tensor exp(const Tensor& x) { return unary("exp", x, Exp{}); }
Tensor log(const Tensor& x) { return unary("log", x, Log{}); }
Tensor sqrt(const Tensor& x) { return unary("sqrt", x, Sqrt{}); }
Tensor rsqrt(const Tensor& x) { return unary("rsqrt", x, Rsqrt{}); }
Tensor abs(const Tensor& x) { return unary("abs", x, Abs{}); }
Tensor square(const Tensor& x) { return unary("square", x, Square{}); }
Tensor sign(const Tensor& x) { return unary("sign", x, Sign{}); }
Tensor relu(const Tensor& x) { return unary("relu", x, Relu{}); }
Tensor relu6(const Tensor& x) { return unary("relu6", x, Relu6{}); }
Tensor leaky_relu(const Tensor& x, double slope) { return unary("leaky_relu", x, LeakyRelu{slope}); }
Tensor sigmoid(const Tensor& x) { return unary("sigmoid", x, Sigmoid{}); }
Tensor tanh(const Tensor& x) { return unary("tanh", x, Tanh{}); }
Tensor silu(const Tensor& x) { return unary("silu", x, Silu{}); }
Tensor clamp(const Tensor& x, double low, double high) { return unary("clamp", x, Clamp{low, high}); }

Tensor gelu(const Tensor& x, GeluForm form) {
  return form == GeluForm::exact ? unary("gelu", x, Gelu{}) : unary("gelu", x, GeluTanh{});
}

Tensor softplus(const Tensor& x, double beta) {
  check(beta > 0, "softplus: beta is ", beta, " but must be above 0");
  return unary("softplus", x, Softplus{beta});
}

// The exponents that have a formula of their own are rounded less, and are fast.
Tensor pow(const Tensor& x, double exponent) {
  if (exponent == 1) return unary("pow", x, Scale{1});
  if (exponent == 2) return unary("pow", x, Square{});
  if (exponent == 0.5) return unary("pow", x, Sqrt{});
  if (exponent == -0.5) return unary("pow", x, Rsqrt{});
  if (exponent == -1) return unary("pow", x, DivideInto{1});
  return unary("pow", x, Power{exponent});
}

Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
Tensor operator+(const Tensor& a, double b) { return unary("add", a, Offset{1, b}); }
Tensor operator-(const Tensor& a, double b) { return unary("sub", a, Offset{1, -b}); }
Tensor operator*(const Tensor& a, double b) { return unary("mul", a, Scale{b}); }
Tensor operator/(const Tensor& a, double b) { return unary("div", a, DivideBy{b}); }
Tensor operator+(double a, const Tensor& b) { return b + a; }
Tensor operator-(double a, const Tensor& b) { return unary("sub", b, Offset{-1, a}); }
Tensor operator*(double a, const Tensor& b) { return b * a; }
Tensor operator/(double a, const Tensor& b) { return unary("div", b, DivideInto{a}); }
Tensor operator-(const Tensor& x) { return neg(x); }

Tensor bias(const Tensor& x, const Tensor& b) {
  check_defined("bias", {{"x", x}, {"b", b}});
  const bool same_type = b.dtype() == x.dtype() || b.dtype() == accumulator_of(x.dtype());
  check(b.rank() == 1 && b.dim(0) == x.channels() && same_type, "bias: x has ", x.channels(),
        " channels but the bias is ", name_of(b.dtype()), " ", b.shape(), " (x ", name_of(x.dtype()), " ", x.shape(),
        ")");
  Tensor y = empty_like(x);
  kernels::binary_forward(OpName{"bias"}, y, x, b, BinaryFormula(Add{}), broadcast(x.shape(), {x.shape(), b.shape()}));
  return record("bias", y, {x, b}, [](const Tensor& dy, Grads& grads) {
    if (grads.needs(0)) grads.give(0, dy);
    if (grads.needs(1)) {
      auto [db, accumulate] = grads.sink(1);
      kernels::sum_rows(db, dy, accumulate);
    }
  });
}

Tensor cast(const Tensor& x, DType dtype) { return x.to(dtype); }

Tensor equal(const Tensor& a, const Tensor& b) { return compare("equal", a, b, Equal{}); }
Tensor not_equal(const Tensor& a, const Tensor& b) { return compare("not_equal", a, b, NotEqual{}); }
Tensor less(const Tensor& a, const Tensor& b) { return compare("less", a, b, Less{}); }
Tensor less_equal(const Tensor& a, const Tensor& b) { return compare("less_equal", a, b, LessEqual{}); }
Tensor greater(const Tensor& a, const Tensor& b) { return compare("greater", b, a, Less{}); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return compare("greater_equal", b, a, LessEqual{}); }
Tensor equal(const Tensor& a, double b) { return equal(a, number_like("equal", a, b)); }
Tensor not_equal(const Tensor& a, double b) { return not_equal(a, number_like("not_equal", a, b)); }
Tensor less(const Tensor& a, double b) { return less(a, number_like("less", a, b)); }
Tensor less_equal(const Tensor& a, double b) { return less_equal(a, number_like("less_equal", a, b)); }
Tensor greater(const Tensor& a, double b) { return greater(a, number_like("greater", a, b)); }
Tensor greater_equal(const Tensor& a, double b) { return greater_equal(a, number_like("greater_equal", a, b)); }

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_defined("where", {{"condition", condition}});
  check_dtypes("where", a, b);
  check(condition.dtype() == DType::u8, "where: the condition is ", name_of(condition.dtype()), " ", condition.shape(),
        " but must be uint8");
  const Shape shape = joined_shape("where", {condition.shape(), a.shape(), b.shape()});
  Tensor y = Tensor::empty(shape, a.dtype(), a.device());
  kernels::where(y, condition, a, b, broadcast(shape, {condition.shape(), a.shape(), b.shape()}));
  return record("where", y, {condition, a, b},
                [condition, shape_a = a.shape(), shape_b = b.shape()](const Tensor& dy, Grads& grads) {
                  const Tensor zero = Tensor::zeros({}, dy.dtype(), dy.device());
                  Tensor d = empty_like(dy);
                  if (grads.needs(1)) {
                    kernels::where(d, condition, dy, zero, broadcast(dy.shape(), {condition.shape(), dy.shape(), {}}));
                    grads.give(1, sum_to(d, shape_a));
                  }
                  if (grads.needs(2)) {
                    if (grads.needs(1)) d = empty_like(dy);
                    kernels::where(d, condition, zero, dy, broadcast(dy.shape(), {condition.shape(), {}, dy.shape()}));
                    grads.give(2, sum_to(d, shape_b));
                  }
                });
}

Tensor where(const Tensor& condition, const Tensor& a, double b) {
  return where(condition, a, number_like("where", a, b));
}

}  // namespace radial
