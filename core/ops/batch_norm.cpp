// Batch normalisation over the rows of x [rows, c], with residual and ReLU as epilogues.
// Forward: statistics (one pass), then y = relu?(a x + b + residual?) with a = gamma inv_std, b = beta - mean a.
// Backward keeps x, and y for the ReLU's mask: one pass for dgamma and dbeta, one for dx (and dresidual).
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"
#include "core/untracked.h"

namespace radial {

namespace {

void check_arguments(const Tensor& x, const Tensor& gamma, const Tensor& beta, const BatchNormState& state,
                     const BatchNormOptions& options) {
  check_defined("batch_norm", {{"x", x},
                               {"gamma", gamma},
                               {"beta", beta},
                               {"running_mean", state.running_mean},
                               {"running_var", state.running_var}});
  check(x.rank() >= 2 && x.channels() > 0, "batch_norm: x is ", x.shape(), " but needs rows of channels");
  const Shape per_channel{x.channels()};
  const auto fits = [&](const Tensor& t) { return t.shape() == per_channel && t.dtype() == accumulator_of(x.dtype()); };
  check(fits(gamma) && fits(beta) && fits(state.running_mean) && fits(state.running_var), "batch_norm: x is ",
        name_of(x.dtype()), " ", x.shape(), ", so gamma, beta and the running statistics must be ",
        name_of(accumulator_of(x.dtype())), " ", per_channel, ", but gamma is ", name_of(gamma.dtype()), " ",
        gamma.shape());
  check(!options.residual || (options.residual.shape() == x.shape() && options.residual.dtype() == x.dtype()),
        "batch_norm: the residual is ", options.residual.shape(), " but x is ", x.shape());
  check(!state.running_mean.requires_grad() && !state.running_var.requires_grad(),
        "batch_norm: the running statistics need a gradient but get none");
  check(!options.training || x.rows() > 1, "batch_norm: expected more than one value per channel in training (x ",
        x.shape(), ")");
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, BatchNormState& state,
                  const BatchNormOptions& options) {
  check_arguments(x, gamma, beta, state, options);
  const int64_t rows = x.rows();

  Tensor mean = state.running_mean, var = state.running_var;
  if (options.training) {
    mean = empty_like(gamma);
    var = empty_like(gamma);
    kernels::batch_norm_statistics(mean, var, x);
    const double unbias = static_cast<double>(rows) / static_cast<double>(rows - 1);
    kernels::batch_norm_running(state.running_mean, state.running_var, mean, var, options.momentum, unbias);
  }
  Tensor a = empty_like(gamma), b = empty_like(gamma), inv_std = empty_like(gamma);
  kernels::batch_norm_affine(a, b, inv_std, mean, var, gamma, beta, options.eps);

  Tensor y = empty_like(x);
  kernels::batch_norm_apply(y, x, a, b, options.residual, options.relu);

  const bool training = options.training;
  const bool own_residual = x.requires_grad() && options.residual.node() == x.node();
  return record("batch_norm", y, {x, gamma, beta, options.residual},
                [x = x.detach(), mask = options.relu ? y : Tensor(), mean = training ? mean : Untracked::clone(mean),
                 inv_std, a, shift = options.relu && !options.residual ? b : Tensor(), training,
                 own_residual](const Tensor& dy, Grads& grads) {
                  Tensor dgamma = empty_like(mean), dbeta = empty_like(mean);
                  kernels::batch_norm_backward_reduce(dgamma, dbeta, dy, mask, x, mean, inv_std, a, shift);
                  if (grads.needs(0) || grads.needs(3)) {
                    // dx = a dz + of_x x + constant; in evaluation the statistics are constants and dx = a dz.
                    const auto vector = [&] { return training ? empty_like(mean) : zeros_like(mean); };
                    Tensor of_x = vector(), constant = vector();
                    if (training)
                      kernels::batch_norm_backward_affine(of_x, constant, a, mean, inv_std, dgamma, dbeta, x.rows());
                    const auto apply = [&](Grads::Sink dx, Grads::Sink dresidual) {
                      kernels::batch_norm_backward_apply(dx.target, dx.accumulate, dresidual.target,
                                                         dresidual.accumulate, dy, mask, x, a, of_x, constant, shift);
                    };
                    const auto sink = [&](size_t i) { return grads.needs(i) ? grads.sink(i) : Grads::Sink{}; };
                    if (own_residual) {  // one target: one after the other
                      apply(sink(0), {});
                      apply({}, sink(3));
                    } else {
                      const Grads::Sink dresidual = sink(3);
                      apply(grads.needs(0) ? grads.sink_over(0, dy) : Grads::Sink{}, dresidual);
                    }
                  }
                  if (grads.needs(1)) grads.give(1, dgamma);
                  if (grads.needs(2)) grads.give(2, dbeta);
                });
}

}  // namespace radial
