// How much two sets of features depend on each other.
#pragma once

#include "core/tensor.h"

namespace radial {

inline constexpr int64_t hsic_needs = 4;  // samples, at least

// The unbiased estimate of the Hilbert-Schmidt independence criterion (Song et al., "Feature selection via dependence
// maximization", JMLR 2012) of x [n, ...] and y [n, ...], with kernels exp(-|a - b|^2 / (2 sigma^2)):
//   H = [ tr(K L) + (1'K1)(1'L1) / ((n - 1)(n - 2)) - 2 (1'K)(L1) / (n - 2) ] / (n (n - 3))
// K and L are the kernels' matrices with zeros on the diagonal. A scalar, which may be negative; gradients for both.
// Throws Error(usage) for fewer than four samples.
Tensor hsic(const Tensor& x, const Tensor& y, double sigma_x = 1, double sigma_y = 1);

}  // namespace radial
