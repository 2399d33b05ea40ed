// Shows scale invariance: f(c w) = f(w), hence w . grad f(w) = 0 (paper, section 2).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/named_tensor.h"

namespace radial {

struct InvarianceRow {
  std::string name;
  Kind kind = Kind::conv;
  double change_small = 0;  // |f(0.1 w) - f(w)| / |f(w)|, this parameter alone scaled
  double change_large = 0;  // |f(10 w) - f(w)| / |f(w)|
  double cos_grad = 0;      // cosine of w and the gradient; NaN where one of them is zero
  bool scale_invariant = false;
};

// For each parameter with more than one dimension. `loss` runs the forward pass on fixed data and must not change what
// it depends on; float64 parameters. The verdict is made at c = 10: at c = 0.1 the eps of a normalisation counts a
// hundred times as much and breaks exact invariance. A parameter is called invariant if the loss changes by less than
// `tolerance` there.
std::vector<InvarianceRow> test_invariance(const std::function<Tensor()>& loss, std::span<NamedTensor> parameters,
                                           double tolerance = 1e-4);

}  // namespace radial
