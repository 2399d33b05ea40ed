#include "nn/norms.h"

namespace radial {

namespace {

Tensor ones(int64_t channels) { return Tensor::full({channels}, 1).set_requires_grad(); }
Tensor zeros(int64_t channels) { return Tensor::zeros({channels}).set_requires_grad(); }

// `channels`, for an initialiser.
int64_t checked(const char* module, int64_t channels, double eps) {
  check(channels > 0 && eps >= 0, module, ": ", channels, " channels and eps ", eps,
        " but there must be channels, and eps must not be negative");
  return channels;
}

void visit_affine(Visitor& visitor, Tensor& weight, Tensor& bias) {
  visitor.parameter("weight", weight, Kind::norm);
  visitor.parameter("bias", bias, Kind::bias);
}

}  // namespace

BatchNorm::BatchNorm(int64_t channels, const Options& options)
    : options_(options),
      weight_(ones(checked("BatchNorm", channels, options.eps))),
      bias_(zeros(channels)),
      state_{Tensor::zeros({channels}), Tensor::full({channels}, 1)} {
  check(options.momentum >= 0 && options.momentum <= 1, "BatchNorm: momentum ", options.momentum, " must be in [0, 1]");
}

void BatchNorm::initialise(const Initial&) {
  state_.running_mean.fill(0);
  state_.running_var.fill(1);
}

void BatchNorm::freeze(bool on) {
  frozen_ = on;
  if (on) eval();
}

double BatchNorm::momentum() const {
  double rest = 1 - options_.momentum;
  for (int i = 1; i < times_; ++i) rest *= 1 - options_.momentum;
  return times_ == 1 ? options_.momentum : 1 - rest;
}

void BatchNorm::defer_movement() {
  deferred_ = BatchNormState{zeros_like(state_.running_mean), zeros_like(state_.running_var)};
  keep_ = 1;
}

BatchNorm::Movement BatchNorm::take_movement() {
  check(deferred_.has_value(), ErrorKind::internal, "BatchNorm: no movement was deferred");
  Movement movement{keep_, deferred_->running_mean.to_vector(), deferred_->running_var.to_vector()};
  deferred_.reset();
  return movement;
}

void BatchNorm::move(const Movement& movement) {
  if (movement.keep == 1) return;  // no pass
  const auto move_one = [&](Tensor& running, const std::vector<double>& by) {
    std::vector<double> values = running.to_vector();
    for (size_t i = 0; i < values.size(); ++i) values[i] = movement.keep * values[i] + by[i];
    running.copy_from(Tensor::from(values, running.shape()).to(running.dtype()).to(running.device()));
  };
  move_one(state_.running_mean, movement.mean);
  move_one(state_.running_var, movement.var);
}

Tensor BatchNorm::forward(const Tensor& x, const Epilogue& epilogue) {
  const bool moves = training() && !frozen_, deferred = moves && deferred_;
  if (deferred) keep_ *= 1 - momentum();
  return batch_norm(x, weight_, bias_, deferred ? *deferred_ : state_,
                    {.training = moves,
                     .momentum = momentum(),
                     .eps = options_.eps,
                     .residual = epilogue.residual,
                     .relu = epilogue.relu});
}

void BatchNorm::visit(Visitor& visitor) {
  visit_affine(visitor, weight_, bias_);
  visitor.buffer("running_mean", state_.running_mean);
  visitor.buffer("running_var", state_.running_var);
}

void BatchNorm::set_eps(double eps) {
  checked("BatchNorm", weight_.dim(0), eps);
  options_.eps = eps;
}

LayerNorm::LayerNorm(int64_t channels, double eps)
    : eps_(eps), weight_(ones(checked("LayerNorm", channels, eps))), bias_(zeros(channels)) {}
Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, weight_, bias_, eps_); }
void LayerNorm::visit(Visitor& visitor) { visit_affine(visitor, weight_, bias_); }

GroupNorm::GroupNorm(int64_t groups, int64_t channels, double eps)
    : groups_(groups), eps_(eps), weight_(ones(checked("GroupNorm", channels, eps))), bias_(zeros(channels)) {
  check(groups > 0 && channels % groups == 0, "GroupNorm: ", channels, " channels are no multiple of ", groups,
        " groups");
}
Tensor GroupNorm::forward(const Tensor& x) { return group_norm(x, weight_, bias_, groups_, eps_); }
void GroupNorm::visit(Visitor& visitor) { visit_affine(visitor, weight_, bias_); }

InstanceNorm::InstanceNorm(int64_t channels, bool affine, double eps) : eps_(eps) {
  checked("InstanceNorm", channels, eps);
  if (!affine) return;
  weight_ = ones(channels);
  bias_ = zeros(channels);
}
Tensor InstanceNorm::forward(const Tensor& x) { return instance_norm(x, weight_, bias_, eps_); }
void InstanceNorm::visit(Visitor& visitor) {
  if (weight_) visit_affine(visitor, weight_, bias_);
}

}  // namespace radial
