// Batch normalisation over the rows of x [rows, c], with residual and ReLU as epilogues.
// Forward: statistics (one pass), then y = relu?(a x + b + residual?) with a = gamma inv_std, b = beta - mean a.
// Backward keeps x, and y for the ReLU's mask: one pass for dgamma and dbeta, one for dx (and dresidual).
#include <cmath>

#include "core/kernels.h"
#include "core/ops.h"

namespace radial {

namespace {

// c-vectors are small: their arithmetic is done here, in double, whatever the device of the kernels.
template <class F>
Tensor map_channels(int64_t c, DType dtype, F&& f) {
  Tensor result = Tensor::empty({c}, dtype);
  dispatch_float("batch_norm", dtype, [&]<class T>() {
    T* out = result.data<T>();
    for (int64_t i = 0; i < c; ++i) out[i] = static_cast<T>(f(static_cast<size_t>(i)));
  });
  return result;
}

void check_arguments(const Tensor& x, const Tensor& gamma, const Tensor& beta, const BatchNormState& state,
                     const BatchNormOptions& options) {
  const Shape per_channel{x.channels()};
  const auto fits = [&](const Tensor& t) { return t.shape() == per_channel && t.dtype() == x.dtype(); };
  check(x.rank() >= 2 && fits(gamma) && fits(beta) && fits(state.running_mean) && fits(state.running_var),
        "batch_norm: x is ", name_of(x.dtype()), " ", x.shape(), ", so gamma, beta and the running statistics must be ",
        per_channel, " of that type, but gamma is ", name_of(gamma.dtype()), " ", gamma.shape());
  check(!options.residual || (options.residual.shape() == x.shape() && options.residual.dtype() == x.dtype()),
        "batch_norm: the residual is ", options.residual.shape(), " but x is ", x.shape());
  check(!options.training || x.rows() > 1, "batch_norm: expected more than one value per channel in training (x ",
        x.shape(), ")");
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, BatchNormState& state,
                  const BatchNormOptions& options) {
  check_arguments(x, gamma, beta, state, options);
  const int64_t c = x.channels(), rows = x.rows();
  const DType dtype = x.dtype();

  Tensor mean = state.running_mean, var = state.running_var;
  if (options.training) {
    mean = Tensor::empty({c}, dtype);
    var = Tensor::empty({c}, dtype);
    kernels::batch_norm_statistics(mean, var, x);
    const double m = options.momentum, unbias = static_cast<double>(rows) / static_cast<double>(rows - 1);
    kernels::scale(state.running_mean, state.running_mean, 1 - m);
    kernels::accumulate(state.running_mean, mean, m);
    kernels::scale(state.running_var, state.running_var, 1 - m);
    kernels::accumulate(state.running_var, var, m * unbias);
  }
  const auto mu = mean.to_vector(), v = var.to_vector(), g = gamma.to_vector(), shift = beta.to_vector();
  const auto inv = [&, eps = options.eps](size_t i) { return 1 / std::sqrt(v[i] + eps); };
  const Tensor inv_std = map_channels(c, dtype, inv);
  const Tensor a = map_channels(c, dtype, [&](size_t i) { return g[i] * inv(i); });
  const Tensor b = map_channels(c, dtype, [&](size_t i) { return shift[i] - mu[i] * g[i] * inv(i); });

  Tensor y = empty_like(x);
  kernels::batch_norm_apply(y, x, a, b, options.residual, options.relu);

  const bool training = options.training;
  const bool own_residual = x.requires_grad() && options.residual.node() == x.node();
  return record("batch_norm", y, {x, gamma, beta, options.residual},
                [x = x.detach(), mask = options.relu ? y : Tensor(), mean = training ? mean : mean.clone(), inv_std, a,
                 training, own_residual](const Tensor& dy, Grads& grads) {
                  const int64_t channels = x.channels();
                  Tensor dgamma = empty_like(mean), dbeta = empty_like(mean);
                  kernels::batch_norm_backward_reduce(dgamma, dbeta, dy, mask, x, mean, inv_std);
                  if (grads.needs(0) || grads.needs(3)) {
                    // training: dx = a (dz - dbeta / rows - xhat dgamma / rows), xhat = (x - mean) inv_std; evaluation:
                    // dx = a dz.
                    const double n = static_cast<double>(x.rows());
                    const auto dg = dgamma.to_vector(), db = dbeta.to_vector(), is = inv_std.to_vector(),
                               av = a.to_vector(), m = mean.to_vector();
                    const auto slope = [&](size_t i) { return training ? -av[i] * is[i] * dg[i] / n : 0.0; };
                    const Tensor of_x = map_channels(channels, x.dtype(), slope);
                    const Tensor constant = map_channels(channels, x.dtype(), [&](size_t i) {
                      return training ? -av[i] * db[i] / n - slope(i) * m[i] : 0.0;
                    });
                    const auto apply = [&](Grads::Sink dx, Grads::Sink dresidual) {
                      kernels::batch_norm_backward_apply(dx.target, dx.accumulate, dresidual.target,
                                                         dresidual.accumulate, dy, mask, x, a, of_x, constant);
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
