// Normalisation over the last dimension of each row. Backward keeps x, mean and inv_std.
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

Tensor layer_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, double eps) {
  check_defined("layer_norm", {{"x", x}, {"gamma", gamma}, {"beta", beta}});
  check(x.rank() >= 1 && x.channels() > 0, "layer_norm: x is ", x.shape(), " but needs channels");
  const Shape per_channel{x.channels()};
  check(gamma.shape() == per_channel && beta.shape() == per_channel && gamma.dtype() == accumulator_of(x.dtype()) &&
            beta.dtype() == gamma.dtype(),
        "layer_norm: x is ", name_of(x.dtype()), " ", x.shape(), " but gamma is ", name_of(gamma.dtype()), " ",
        gamma.shape(), " and beta ", name_of(beta.dtype()), " ", beta.shape());
  Tensor y = empty_like(x), mean = Tensor::empty({x.rows()}, gamma.dtype(), x.device()), inv_std = empty_like(mean);
  kernels::layer_norm_forward(y, mean, inv_std, x, gamma, beta, eps);
  return record("layer_norm", y, {x, gamma, beta},
                [x = x.detach(), gamma = gamma.detach(), mean, inv_std](const Tensor& dy, Grads& grads) {
                  Tensor dx = empty_like(x), dgamma = empty_like(gamma), dbeta = empty_like(gamma);
                  kernels::layer_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inv_std);
                  if (grads.needs(0)) grads.give(0, dx);
                  if (grads.needs(1)) grads.give(1, dgamma);
                  if (grads.needs(2)) grads.give(2, dbeta);
                });
}

}  // namespace radial
