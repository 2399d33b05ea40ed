// The optimizers' formulas, each written once, for one element, in the dtype of the parameter; for host and device.
// Inlined always: the loops around them are compiled for several instruction sets.
#pragma once

#include <cmath>

#include "core/host_device.h"

#ifdef __CUDACC__
#define RADIAL_FORMULA RADIAL_HOST_DEVICE __forceinline__
#else
#define RADIAL_FORMULA [[gnu::always_inline]] inline
#endif

namespace radial {

// Gradient with coupled (L2) weight decay: g + weight_decay * w. Decoupled decay is part of the last line of a step.
template <class T>
RADIAL_FORMULA T coupled_gradient(T g, T w, T weight_decay) {
  return g + weight_decay * w;
}

// p = momentum * p + (1 - dampening) * g; direction g + momentum * p (Nesterov) or p.
template <class T>
struct MomentumFormula {
  static constexpr int states = 1;  // tensors of state
  T momentum, gain;                 // gain = 1 - dampening, or 1 in the first step of torch.optim.SGD
  T weight_decay;                   // coupled
  bool nesterov;

  template <class U>
  MomentumFormula<U> as() const {  // in another type
    return {static_cast<U>(momentum), static_cast<U>(gain), static_cast<U>(weight_decay), nesterov};
  }

  RADIAL_FORMULA void advance(T g, T& p, T&) const { p = momentum * p + gain * g; }
  RADIAL_FORMULA T direction(T g, T p, T) const { return nesterov ? g + momentum * p : p; }
};

// No momentum and no state: direction g.
template <class T>
struct PlainFormula {
  static constexpr int states = 0;
  T weight_decay;  // coupled

  template <class U>
  PlainFormula<U> as() const {
    return {static_cast<U>(weight_decay)};
  }

  RADIAL_FORMULA void advance(T, T&, T&) const {}
  RADIAL_FORMULA T direction(T g, T, T) const { return g; }
};

// m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; direction m / (sqrt(v / (1 - b2^t)) + eps), with b1 m + (1 - b1) g
// in place of m for Nesterov. The step's length lr / (1 - b1^t) is applied with the last line of a step.
template <class T>
struct AdamFormula {
  static constexpr int states = 2;
  T beta1, beta2, gain1, gain2;  // gain = 1 - beta, rounded once
  T bias2;                       // 1 / sqrt(1 - beta2^t)
  T eps;
  T weight_decay;  // coupled
  bool nesterov;

  template <class U>
  AdamFormula<U> as() const {
    return {static_cast<U>(beta1), static_cast<U>(beta2), static_cast<U>(gain1),        static_cast<U>(gain2),
            static_cast<U>(bias2), static_cast<U>(eps),   static_cast<U>(weight_decay), nesterov};
  }

  RADIAL_FORMULA void advance(T g, T& m, T& v) const {
    m = beta1 * m + gain1 * g;
    v = beta2 * v + gain2 * g * g;
  }
  RADIAL_FORMULA T direction(T g, T m, T v) const {
    return (nesterov ? beta1 * m + gain1 * g : m) / (std::sqrt(v) * bias2 + eps);
  }
};

// w' = keep * w - lr * (d - along * w): keep = 1 - decoupled decay; along = <w, d> / ||w||^2 removes the part of the
// direction d along w, 0 leaves d as it is.
template <class T>
struct LastLine {
  T keep, lr, along = 0;

  RADIAL_FORMULA T projected(T w, T d) const { return d - along * w; }
  RADIAL_FORMULA T stepped(T w, T d) const { return keep * w - lr * d; }
};

}  // namespace radial
