// Normalisation over the pixels and the channels of a group, for each picture. One group: layer norm over the whole
// picture; as many groups as channels: instance norm. Backward keeps x, mean and inv_std.
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

Tensor normalise_groups(const char* op, const Tensor& x, const Tensor& gamma, const Tensor& beta, int64_t groups,
                        double eps) {
  check_defined(op, {{"x", x}});
  check(x.rank() >= 2 && x.channels() > 0, op, ": x must be [n, ..., c], c at least 1, but is ", x.shape());
  const int64_t c = x.channels(), n = x.dim(0);
  check(groups >= 1 && c % groups == 0, op, ": ", groups, " groups do not divide ", c, " channels (x ", x.shape(), ")");
  const auto fits = [&](const Tensor& t) { return t.shape() == Shape{c} && t.dtype() == accumulator_of(x.dtype()); };
  check(gamma.defined() == beta.defined() && (!gamma || (fits(gamma) && fits(beta))), op, ": x is ", x.shape(),
        " but gamma is ", gamma.shape(), " and beta ", beta.shape());
  const GroupNormGeometry g{n, n == 0 ? 0 : x.rows() / n, c, groups, eps};

  Tensor y = empty_like(x), mean = Tensor::empty({n * groups}, accumulator_of(x.dtype()), x.device()),
         inv_std = empty_like(mean);
  kernels::group_norm_forward(y, mean, inv_std, x, gamma, beta, g);
  return record(op, y, {x, gamma, beta},
                [x = x.detach(), gamma = gamma.detach(), mean, inv_std, g](const Tensor& dy, Grads& grads) {
                  Tensor dx = empty_like(x), dgamma, dbeta;
                  if (gamma) {
                    dgamma = empty_like(gamma);
                    dbeta = empty_like(gamma);
                  }
                  kernels::group_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inv_std, g);
                  if (grads.needs(0)) grads.give(0, dx);
                  if (grads.needs(1)) grads.give(1, dgamma);
                  if (grads.needs(2)) grads.give(2, dbeta);
                });
}

}  // namespace

Tensor group_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, int64_t groups, double eps) {
  return normalise_groups("group_norm", x, gamma, beta, groups, eps);
}

Tensor instance_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, double eps) {
  return normalise_groups("instance_norm", x, gamma, beta, x.channels(), eps);
}

}  // namespace radial
