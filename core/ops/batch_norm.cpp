// Batch normalisation over the rows of x [rows, c], with residual and ReLU as epilogues.
// Forward: statistics (one pass), then y = relu?(a x + b + residual?) with a = gamma inv_std, b = beta - mean a.
// Backward keeps x, and y for the ReLU's mask: one pass for dgamma and dbeta, one for dx (and dresidual).
#include <utility>

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"
#include "core/ops/told.h"
#include "core/told_options.h"
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

// What backward needs of a forward pass.
struct BatchNormPass {
  Tensor x, mean, inv_std, a;
  Tensor mask;   // y, where there is a ReLU
  Tensor shift;  // b, where y = relu(a x + b)
  bool training;
  bool own_residual;  // the residual is x
};

// The part of dx = a dz + of_x x + constant that comes through the statistics.
struct StatisticsGradient {
  Tensor of_x, constant;
};

StatisticsGradient statistics_gradient(const BatchNormPass& pass, const Tensor& dgamma, const Tensor& dbeta) {
  if (!pass.training) return {zeros_like(pass.mean), zeros_like(pass.mean)};  // constants
  StatisticsGradient part{empty_like(pass.mean), empty_like(pass.mean)};
  kernels::batch_norm_backward_affine(part.of_x, part.constant, pass.a, pass.mean, pass.inv_std, dgamma, dbeta,
                                      pass.x.rows());
  return part;
}

// Of x and of the residual, in one pass.
void give_to_x_and_residual(const BatchNormPass& pass, const StatisticsGradient& part, const Tensor& dy, Grads& grads) {
  const auto apply = [&](Grads::Sink dx, Grads::Sink dresidual) {
    kernels::batch_norm_backward_apply(dx.target, dx.accumulate, dresidual.target, dresidual.accumulate, dy, pass.mask,
                                       pass.x, pass.a, part.of_x, part.constant, pass.shift);
  };
  const auto sink = [&](size_t i) { return grads.needs(i) ? grads.sink(i) : Grads::Sink{}; };
  if (pass.own_residual) {  // one target: one after the other
    apply(sink(0), {});
    apply({}, sink(3));
    return;
  }
  const Grads::Sink dresidual = sink(3);  // before dx may take dy's memory
  apply(grads.needs(0) ? grads.sink_over(0, dy) : Grads::Sink{}, dresidual);
}

void batch_norm_backward(const BatchNormPass& pass, const Tensor& dy, Grads& grads) {
  Tensor dgamma = empty_like(pass.mean), dbeta = empty_like(pass.mean);
  kernels::batch_norm_backward_reduce(dgamma, dbeta, dy, pass.mask, pass.x, pass.mean, pass.inv_std, pass.a,
                                      pass.shift);
  if (grads.needs(0) || grads.needs(3))
    give_to_x_and_residual(pass, statistics_gradient(pass, dgamma, dbeta), dy, grads);
  if (grads.needs(1)) grads.give(1, dgamma);
  if (grads.needs(2)) grads.give(2, dbeta);
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

  BatchNormPass pass{.x = x.detach(),
                     .mean = options.training ? mean : Untracked::clone(mean),
                     .inv_std = inv_std,
                     .a = a,
                     .mask = options.relu ? y : Tensor(),
                     .shift = options.relu && !options.residual ? b : Tensor(),
                     .training = options.training,
                     .own_residual = x.requires_grad() && options.residual.node() == x.node()};
  const BatchNormCall call{state, options};
  const ToldOptions told(call);
  return record("batch_norm", y, {x, gamma, beta, options.residual},
                [pass = std::move(pass)](const Tensor& dy, Grads& grads) { batch_norm_backward(pass, dy, grads); });
}

}  // namespace radial
