// Gradients against finite differences, in float64. No Catch2 here.
#pragma once

#include "tests/op_cases.h"

namespace radial {

struct GradientError {
  double worst = 0;   // largest relative error
  std::string where;  // "input 1, element 17"
};

// With f(inputs) = sum(y * c), c the fixed cotangent of run_case: compares <gradient, v> with the fourth-order central
// difference (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h along v, h = 1e-4, whose own error is about 1e-10. v is a
// random direction in one input and, for inputs of at most 100 elements, each unit vector. Relative to ||gradient||
// ||v|| / sqrt(n) and, for unit vectors, to the largest element.
GradientError gradient_error(const OpCase& op_case);

}  // namespace radial
