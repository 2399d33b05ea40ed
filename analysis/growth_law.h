// The law by which norms grow while the learning rate stays the same and nothing decays. A loss that does not depend on
// |w| has grad f(c w) = grad f(w) / c, so with gradient descent
//
//   d|w|^2 / dt = lr^2 G^2 / |w|^2,  G = |grad f(w / |w|)|,
//
// and where G stays the same |w|^4 = |w_0|^4 + 2 lr^2 G^2 t is a straight line. Where G changes, as it does with
// momentum, the norm is straight in another power.
#pragma once

#include <optional>
#include <span>

namespace radial {

// y = intercept + slope x by least squares, and the share of y's variance that it explains.
struct Line {
  double intercept = 0, slope = 0, r2 = 0;
};
Line fit_line(std::span<const double> x, std::span<const double> y);

struct GrowthLaw {
  double power = 0, r2 = 0;  // the p for which |w|^p is the straightest line against t, in steps of 0.01 up to 12
  Line fourth = {};          // |w|^4 against t

  double start() const;  // |w| at t = 0 by that line; NaN if it is negative there
};

// Of norms at times `t`; nothing for fewer than five of them, or if the largest is less than 1.2 times the smallest:
// over so short a way each power is straight.
std::optional<GrowthLaw> growth_law(std::span<const double> t, std::span<const double> norm);

}  // namespace radial
