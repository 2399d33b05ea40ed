// Pointwise ops. Shapes join as in NumPy and PyTorch: counted from the last dimension, extents must be equal or one of
// them 1; what lacks a dimension has 1 there. [2, 3, 4] and [3, 1] give [2, 3, 4]; [2, 3] and [2] are an error. The
// gradient of an input is summed to its shape, in a fixed order. Dtypes must be equal; numbers take the tensor's.
#pragma once

#include <limits>

#include "core/tensor.h"

namespace radial {

// ---- arithmetic ----
Tensor add(const Tensor& a, const Tensor& b);  // a + b
Tensor sub(const Tensor& a, const Tensor& b);  // a - b
Tensor mul(const Tensor& a, const Tensor& b);  // a b
Tensor div(const Tensor& a, const Tensor& b);  // a / b
Tensor neg(const Tensor& x);                   // -x
Tensor scale(const Tensor& x, double factor);  // factor x
// x[..., c] + b[c], as add but for b, which may be float32 where x is bfloat16.
Tensor bias(const Tensor& x, const Tensor& b);

Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, double b);
Tensor operator-(const Tensor& a, double b);
Tensor operator*(const Tensor& a, double b);
Tensor operator/(const Tensor& a, double b);
Tensor operator+(double a, const Tensor& b);
Tensor operator-(double a, const Tensor& b);
Tensor operator*(double a, const Tensor& b);
Tensor operator/(double a, const Tensor& b);
Tensor operator-(const Tensor& x);

// a += b is a = a + b: the handle a becomes the result, a part of the tape like any other. The values that it named
// before stay as they are for other handles; so a leaf is no leaf afterwards.
template <class B>
Tensor& operator+=(Tensor& a, const B& b) {
  return a = a + b;
}
template <class B>
Tensor& operator-=(Tensor& a, const B& b) {
  return a = a - b;
}
template <class B>
Tensor& operator*=(Tensor& a, const B& b) {
  return a = a * b;
}
template <class B>
Tensor& operator/=(Tensor& a, const B& b) {
  return a = a / b;
}

// ---- of one tensor ----
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);                   // -inf at 0, NaN below
Tensor sqrt(const Tensor& x);                  // NaN below 0; gradient infinite at 0
Tensor rsqrt(const Tensor& x);                 // 1 / sqrt(x)
Tensor pow(const Tensor& x, double exponent);  // x^exponent; gradient 0 for the exponent 0
Tensor abs(const Tensor& x);                   // gradient 0 at 0, and where x is NaN
Tensor square(const Tensor& x);
Tensor sign(const Tensor& x);  // -1, 0, 1, and NaN of NaN; gradient 0

Tensor relu(const Tensor& x);                             // max(x, 0); gradient 0 at 0
Tensor relu6(const Tensor& x);                            // min(max(x, 0), 6); gradient 0 at 0 and 6
Tensor leaky_relu(const Tensor& x, double slope = 0.01);  // x where x > 0, else slope x
Tensor sigmoid(const Tensor& x);                          // 1 / (1 + exp(-x))
Tensor tanh(const Tensor& x);
Tensor silu(const Tensor& x);  // x sigmoid(x)
enum class GeluForm { exact, tanh };
// x Phi(x), Phi the standard normal distribution; or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
Tensor gelu(const Tensor& x, GeluForm form = GeluForm::exact);
// log(1 + exp(beta x)) / beta, also for large x, where PyTorch takes x for it; beta > 0.
Tensor softplus(const Tensor& x, double beta = 1);

// min(max(x, low), high), high where low is above it; gradient 1 between them, 0 outside, at both (as PyTorch since
// 2.15) and where x is NaN. An infinite bound is none.
Tensor clamp(const Tensor& x, double low, double high = std::numeric_limits<double>::infinity());

Tensor cast(const Tensor& x, DType dtype);  // x.to(dtype); the gradient is converted back

// ---- of two tensors; NaN if one of them is ----
// Where they are equal each gets half of the gradient.
Tensor minimum(const Tensor& a, const Tensor& b);
Tensor maximum(const Tensor& a, const Tensor& b);

// ---- comparisons and choice ----
// uint8: 1 where it holds, else 0, so 0 for NaN but in not_equal. Of any dtype, two tensors of the same one, or a
// tensor and a number that its dtype has. Constants, without a gradient, whatever the inputs need.
Tensor equal(const Tensor& a, const Tensor& b);
Tensor not_equal(const Tensor& a, const Tensor& b);
Tensor less(const Tensor& a, const Tensor& b);
Tensor less_equal(const Tensor& a, const Tensor& b);
Tensor greater(const Tensor& a, const Tensor& b);
Tensor greater_equal(const Tensor& a, const Tensor& b);
Tensor equal(const Tensor& a, double b);
Tensor not_equal(const Tensor& a, double b);
Tensor less(const Tensor& a, double b);
Tensor less_equal(const Tensor& a, double b);
Tensor greater(const Tensor& a, double b);
Tensor greater_equal(const Tensor& a, double b);

// a where the condition (uint8) is not 0, else b; the three join.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, double b);

}  // namespace radial
