// The formulas of pointwise ops, each written once: for one element, in the type it is computed in, for host and
// device. The loops around them are in core/ops/pointwise_loops_cpu.cpp and pointwise_loops_cuda.cu; a formula becomes
// one of theirs by its name in a list at the end of this file.
//
// Unary: y = forward(x), dx = backward(dy, kept), where `keeps` says what is kept for it.
// Binary: y = forward(a, b), da = backward_a(dy, a, b), db = backward_b(dy, a, b).
// A NaN is passed on, and its gradient is PyTorch's.
#pragma once

#include <variant>

#include "core/ops/pointwise_math.h"

namespace radial {

enum class Keeps { nothing, input, output };

namespace pointwise {

template <class T>
inline constexpr T half = static_cast<T>(0.5);

// 1 / (1 + exp(-x)) without an overflow.
template <class T>
RADIAL_POINTWISE T logistic(T x) {
  const T e = exp(x < 0 ? x : -x);
  return (x < 0 ? e : T(1)) / (T(1) + e);
}

// ---- unary ----

struct Relu {
  static constexpr Keeps keeps = Keeps::output;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return x < 0 ? T(0) : x;
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T y) const {
    return y <= 0 ? T(0) : dy;
  }
};

struct Relu6 {
  static constexpr Keeps keeps = Keeps::output;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    const T positive = x < 0 ? T(0) : x;
    return positive > 6 ? T(6) : positive;
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T y) const {
    return ((y <= 0) | (y >= 6)) ? T(0) : dy;
  }
};

struct Scale {
  static constexpr Keeps keeps = Keeps::nothing;
  double factor;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return static_cast<T>(factor) * x;
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T) const {
    return static_cast<T>(factor) * dy;
  }
};

// sign x + offset, sign 1 or -1
struct Offset {
  static constexpr Keeps keeps = Keeps::nothing;
  double sign, offset;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return static_cast<T>(sign) * x + static_cast<T>(offset);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T) const {
    return static_cast<T>(sign) * dy;
  }
};

// x / divisor, rounded once
struct DivideBy {
  static constexpr Keeps keeps = Keeps::nothing;
  double divisor;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return x / static_cast<T>(divisor);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T) const {
    return dy / static_cast<T>(divisor);
  }
};

// numerator / x
struct DivideInto {
  static constexpr Keeps keeps = Keeps::input;
  double numerator;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return static_cast<T>(numerator) / x;
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    return -dy * (static_cast<T>(numerator) / x / x);
  }
};

struct Exp {
  static constexpr Keeps keeps = Keeps::output;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return exp(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T y) const {
    return dy * y;
  }
};

struct Log {
  static constexpr Keeps keeps = Keeps::input;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return log(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    return dy / x;
  }
};

struct Sqrt {
  static constexpr Keeps keeps = Keeps::output;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return std::sqrt(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T y) const {
    return dy / (T(2) * y);
  }
};

struct Rsqrt {
  static constexpr Keeps keeps = Keeps::output;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return T(1) / std::sqrt(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T y) const {
    return -half<T> * dy * (y * y * y);
  }
};

struct Power {
  static constexpr Keeps keeps = Keeps::input;
  double exponent;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return std::pow(x, static_cast<T>(exponent));
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    const T p = static_cast<T>(exponent);
    return p == 0 ? T(0) : dy * (p * std::pow(x, p - T(1)));
  }
};

struct Abs {
  static constexpr Keeps keeps = Keeps::input;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return std::fabs(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    return dy * (static_cast<T>(x > 0) - static_cast<T>(x < 0));
  }
};

struct Square {
  static constexpr Keeps keeps = Keeps::input;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return x * x;
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    return dy * (T(2) * x);
  }
};

struct Sign {
  static constexpr Keeps keeps = Keeps::nothing;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return x != x ? x : static_cast<T>(x > 0) - static_cast<T>(x < 0);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T, T) const {
    return T(0);
  }
};

struct Sigmoid {
  static constexpr Keeps keeps = Keeps::output;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return logistic(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T y) const {
    return dy * ((T(1) - y) * y);
  }
};

struct Tanh {
  static constexpr Keeps keeps = Keeps::output;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return tanh(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T y) const {
    return dy * (T(1) - y * y);
  }
};

// x Phi(x), Phi the standard normal distribution
struct Gelu {
  static constexpr Keeps keeps = Keeps::input;
  template <class T>
  RADIAL_POINTWISE static T distribution(T x) {
    return half<T> * (T(1) + erf(x * static_cast<T>(0.70710678118654752440)));
  }
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return x * distribution(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    const T density = static_cast<T>(0.39894228040143267794) * exp(-half<T> * x * x);
    return dy * (distribution(x) + x * density);
  }
};

// x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)
struct GeluTanh {
  static constexpr Keeps keeps = Keeps::input;
  static constexpr double slope = 0.79788456080286535588, cubic = 0.044715;
  template <class T>
  RADIAL_POINTWISE static T tanh_of(T x) {
    return tanh(static_cast<T>(slope) * (x + static_cast<T>(cubic) * x * x * x));
  }
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return half<T> * x * (T(1) + tanh_of(x));
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    const T t = tanh_of(x), du = static_cast<T>(slope) * (T(1) + static_cast<T>(3 * cubic) * x * x);
    return dy * (half<T> * (T(1) + t) + half<T> * x * (T(1) - t * t) * du);
  }
};

struct Silu {
  static constexpr Keeps keeps = Keeps::input;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return x * logistic(x);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    const T s = logistic(x);
    return dy * (s * (T(1) + x * (T(1) - s)));
  }
};

struct LeakyRelu {
  static constexpr Keeps keeps = Keeps::input;
  double slope;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    return x > 0 ? x : static_cast<T>(slope) * x;
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    return x > 0 ? dy : static_cast<T>(slope) * dy;
  }
};

// log(1 + exp(beta x)) / beta
struct Softplus {
  static constexpr Keeps keeps = Keeps::input;
  double beta;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    const T z = static_cast<T>(beta) * x;
    return ((z < 0 ? T(0) : z) + log1p(exp(z < 0 ? z : -z))) / static_cast<T>(beta);
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    return dy * logistic(static_cast<T>(beta) * x);
  }
};

struct Clamp {
  static constexpr Keeps keeps = Keeps::input;
  double low, high;
  template <class T>
  RADIAL_POINTWISE T forward(T x) const {
    const T above = x < static_cast<T>(low) ? static_cast<T>(low) : x;
    return above > static_cast<T>(high) ? static_cast<T>(high) : above;
  }
  template <class T>
  RADIAL_POINTWISE T backward(T dy, T x) const {
    const T l = static_cast<T>(low), h = static_cast<T>(high);
    const bool at_bound = ((x == l) & (l - l == 0)) | ((x == h) & (h - h == 0));  // an infinite bound is none
    return ((x >= l) & (x <= h) & !at_bound) ? dy : T(0);
  }
};

// ---- binary ----
// hands_on: its gradient is dy itself, for which there is no pass over memory.

struct Add {
  static constexpr bool keeps = false, hands_on_a = true, hands_on_b = true;
  template <class T>
  RADIAL_POINTWISE T forward(T a, T b) const {
    return a + b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_a(T dy, T, T) const {
    return dy;
  }
  template <class T>
  RADIAL_POINTWISE T backward_b(T dy, T, T) const {
    return dy;
  }
};

struct Subtract {
  static constexpr bool keeps = false, hands_on_a = true, hands_on_b = false;
  template <class T>
  RADIAL_POINTWISE T forward(T a, T b) const {
    return a - b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_a(T dy, T, T) const {
    return dy;
  }
  template <class T>
  RADIAL_POINTWISE T backward_b(T dy, T, T) const {
    return -dy;
  }
};

struct Multiply {
  static constexpr bool keeps = true, hands_on_a = false, hands_on_b = false;
  template <class T>
  RADIAL_POINTWISE T forward(T a, T b) const {
    return a * b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_a(T dy, T, T b) const {
    return dy * b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_b(T dy, T a, T) const {
    return dy * a;
  }
};

struct Divide {
  static constexpr bool keeps = true, hands_on_a = false, hands_on_b = false;
  template <class T>
  RADIAL_POINTWISE T forward(T a, T b) const {
    return a / b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_a(T dy, T, T b) const {
    return dy / b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_b(T dy, T a, T b) const {
    return -dy * (a / b / b);
  }
};

// Equal values share the gradient.
struct Minimum {
  static constexpr bool keeps = true, hands_on_a = false, hands_on_b = false;
  template <class T>
  RADIAL_POINTWISE T forward(T a, T b) const {
    return ((a < b) | (a != a)) ? a : b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_a(T dy, T a, T b) const {
    return a > b ? T(0) : (a == b ? half<T> * dy : dy);
  }
  template <class T>
  RADIAL_POINTWISE T backward_b(T dy, T a, T b) const {
    return backward_a(dy, b, a);
  }
};

struct Maximum {
  static constexpr bool keeps = true, hands_on_a = false, hands_on_b = false;
  template <class T>
  RADIAL_POINTWISE T forward(T a, T b) const {
    return ((a > b) | (a != a)) ? a : b;
  }
  template <class T>
  RADIAL_POINTWISE T backward_a(T dy, T a, T b) const {
    return a < b ? T(0) : (a == b ? half<T> * dy : dy);
  }
  template <class T>
  RADIAL_POINTWISE T backward_b(T dy, T a, T b) const {
    return backward_a(dy, b, a);
  }
};

// ---- comparisons: of any type, 0 or 1; no gradient ----

struct Equal {
  template <class T>
  RADIAL_POINTWISE bool forward(T a, T b) const {
    return a == b;
  }
};

struct NotEqual {
  template <class T>
  RADIAL_POINTWISE bool forward(T a, T b) const {
    return a != b;
  }
};

struct Less {
  template <class T>
  RADIAL_POINTWISE bool forward(T a, T b) const {
    return a < b;
  }
};

struct LessEqual {
  template <class T>
  RADIAL_POINTWISE bool forward(T a, T b) const {
    return a <= b;
  }
};

}  // namespace pointwise

using UnaryFormula =
    std::variant<pointwise::Relu, pointwise::Relu6, pointwise::Scale, pointwise::Offset, pointwise::DivideBy,
                 pointwise::DivideInto, pointwise::Exp, pointwise::Log, pointwise::Sqrt, pointwise::Rsqrt,
                 pointwise::Power, pointwise::Abs, pointwise::Square, pointwise::Sign, pointwise::Sigmoid,
                 pointwise::Tanh, pointwise::Gelu, pointwise::GeluTanh, pointwise::Silu, pointwise::LeakyRelu,
                 pointwise::Softplus, pointwise::Clamp>;
using BinaryFormula = std::variant<pointwise::Add, pointwise::Subtract, pointwise::Multiply, pointwise::Divide,
                                   pointwise::Minimum, pointwise::Maximum>;
using Comparison = std::variant<pointwise::Equal, pointwise::NotEqual, pointwise::Less, pointwise::LessEqual>;

}  // namespace radial
