// Losses that each element has for itself: formulas for host and device.
#pragma once

#include <cmath>

#include "core/ops/pointwise_math.h"

namespace radial {

struct PointwiseLoss {
  enum class Kind { squared, absolute, smooth, bce, focal };
  Kind kind;
  double beta = 1;              // smooth
  double alpha = 0, gamma = 0;  // focal; alpha < 0: none
};

// Each has value(x, t, w), the loss of x for the target t, and slope(x, t, w), its derivative by x.
namespace losses {

template <class T>
struct Squared {  // (x - t)²
  RADIAL_POINTWISE T value(T x, T t, T) const { return (x - t) * (x - t); }
  RADIAL_POINTWISE T slope(T x, T t, T) const { return 2 * (x - t); }
};

template <class T>
struct Absolute {  // |x - t|; slope 0 at 0
  RADIAL_POINTWISE T value(T x, T t, T) const { return std::abs(x - t); }
  RADIAL_POINTWISE T slope(T x, T t, T) const {
    const T d = x - t;
    return d > 0 ? T(1) : d < 0 ? T(-1) : d * 0;  // NaN stays one
  }
};

template <class T>
struct Smooth {  // d = |x - t|: d² / 2 beta below beta, else d - beta / 2
  T beta;
  RADIAL_POINTWISE T value(T x, T t, T) const {
    const T d = std::abs(x - t);
    return d < beta ? d * d / (2 * beta) : d - beta / 2;
  }
  RADIAL_POINTWISE T slope(T x, T t, T w) const {
    const T d = x - t;
    return std::abs(d) < beta ? d / beta : Absolute<T>{}.slope(x, t, w);
  }
};

// sigmoid(x), 1 - sigmoid(x) and -log sigmoid(x), of which none loses digits or overflows.
template <class T>
struct Sigmoid {
  T p, q, minus_log_p;
  RADIAL_POINTWISE explicit Sigmoid(T x) {
    const T e = pointwise::exp(-std::abs(x)), low = e / (1 + e), high = 1 / (1 + e);
    p = x < 0 ? low : high;
    q = x < 0 ? high : low;
    minus_log_p = pointwise::log1p(e) + (x < 0 ? -x : T(0));
  }
};

template <class T>
struct Bce {  // -(w t log p + (1 - t) log(1 - p)), p = sigmoid(x)
  RADIAL_POINTWISE T value(T x, T t, T w) const { return (1 - t) * x + (1 + (w - 1) * t) * Sigmoid<T>(x).minus_log_p; }
  RADIAL_POINTWISE T slope(T x, T t, T w) const { return (1 - t) - (1 + (w - 1) * t) * Sigmoid<T>(x).q; }
};

// q^exponent for q from 0 to 1.
RADIAL_POINTWISE double power(double q, double exponent) { return std::pow(q, exponent); }
RADIAL_POINTWISE float power(float q, float exponent) {
  return exponent == 0 ? 1.0F : pointwise::exp(exponent * pointwise::log(q));
}

template <class T>
struct Focal {  // a q^gamma bce, q = p (1 - t) + (1 - p) t, a = alpha t + (1 - alpha) (1 - t)
  T alpha, gamma;
  RADIAL_POINTWISE T weight(T t) const { return alpha < 0 ? T(1) : alpha * t + (1 - alpha) * (1 - t); }
  RADIAL_POINTWISE T value(T x, T t, T) const {
    const Sigmoid<T> s(x);
    const T bce = (1 - t) * x + s.minus_log_p, q = s.p * (1 - t) + s.q * t;
    return weight(t) * power(q, gamma) * bce;
  }
  RADIAL_POINTWISE T slope(T x, T t, T) const {
    const Sigmoid<T> s(x);
    const T bce = (1 - t) * x + s.minus_log_p, q = s.p * (1 - t) + s.q * t;
    const T along = (1 - t - s.q) * power(q, gamma);
    const T dq = s.p * s.q * (1 - 2 * t);
    return weight(t) * (along + (dq == 0 ? T(0) : gamma * power(q, gamma) * (dq / q) * bce));
  }
};

}  // namespace losses

// f(the formulas of this loss)
template <class T, class F>
void with_formulas(const PointwiseLoss& loss, F&& f) {
  switch (loss.kind) {
    case PointwiseLoss::Kind::squared:
      return f(losses::Squared<T>{});
    case PointwiseLoss::Kind::absolute:
      return f(losses::Absolute<T>{});
    case PointwiseLoss::Kind::smooth:
      return f(losses::Smooth<T>{static_cast<T>(loss.beta)});
    case PointwiseLoss::Kind::bce:
      return f(losses::Bce<T>{});
    case PointwiseLoss::Kind::focal:
      return f(losses::Focal<T>{static_cast<T>(loss.alpha), static_cast<T>(loss.gamma)});
  }
}

}  // namespace radial
