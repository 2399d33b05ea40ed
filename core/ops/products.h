// Products of matrices.
#pragma once

#include "core/tensor.h"

namespace radial {

struct MatmulOptions {
  bool transpose_a = false, transpose_b = false;
};
// op(a) [m, k] times op(b) [k, n] -> [m, n]
Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options = {});
// y = x w' + b: x [..., in], w [out, in], b [out] or undefined -> [..., out]. w and b may be float32 where x is
// bfloat16.
Tensor linear(const Tensor& x, const Tensor& w, const Tensor& b = {});
// Matrix by matrix: op(a) [b, m, k] times op(b) [b, k, n] -> [b, m, n], or all with two dimensions before the matrices.
// A leading dimension of 1 serves all matrices of the other factor; its gradient is their sum.
Tensor bmm(const Tensor& a, const Tensor& b, MatmulOptions options = {});

}  // namespace radial
