// Pictures changed within a small distance so that a network errs: projected gradient ascent of the loss (Madry et al.,
// "Towards deep learning models resistant to adversarial attacks", ICLR 2018).
#pragma once

#include <functional>

#include "core/ops/random.h"
#include "core/tensor.h"

namespace radial {

// How far an attacked picture may lie from its clean one: each value by epsilon (linf), or all values of the picture by
// epsilon in their L2 norm.
enum class AttackNorm { none, linf, l2 };

// What a step goes along: the sign of each value's gradient, or the picture's gradient divided by its L2 norm. The code
// that the paper's numbers come from takes the sign for both norms; the usual step for L2 is the other one.
enum class AttackGradient { sign, normalized };

// clean: the picture itself; random: each value is moved by U(-epsilon, epsilon), for L2 too, as in that code, so that
// such a start lies outside of its ball.
enum class AttackStart { clean, random };

struct Attack {
  AttackNorm norm = AttackNorm::linf;  // none: pictures stay as they are
  double epsilon = 4.0 / 255;          // in units of values from 0 to 1, as `step`
  double step = 2.0 / 255;
  int steps = 10;
  AttackStart start = AttackStart::clean;
  AttackGradient gradient = AttackGradient::sign;

  bool on() const { return norm != AttackNorm::none; }
};

// Pictures are [n, ...], float32 or float64, values from 0 to 1; loss is a scalar of pictures that need a gradient.

// x_0: as the attack begins, cut to [0, 1]. `key`: what a random start draws.
Tensor attack_start(const Tensor& clean, const Attack& attack, const RandomKey& key);

// x_steps, of x_0 = start:  x_{k+1} = cut(project(x_k + step direction(d loss / d x_k)))
// project brings x back to within epsilon of `clean`, cut to [0, 1]. A picture whose gradient is 0 stays in its place.
Tensor attacked(const Tensor& clean, const Tensor& start, const Attack& attack,
                const std::function<Tensor(const Tensor& pictures)>& loss);

// Its parts.
Tensor direction(const Tensor& gradient, AttackGradient form);
Tensor projected(const Tensor& x, const Tensor& clean, const Attack& attack);

}  // namespace radial
