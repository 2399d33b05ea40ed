#include "core/ops/loss.h"

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"
#include "core/ops/pointwise.h"
#include "core/ops/reduce.h"
#include "core/untracked.h"

namespace radial {

namespace {

using Loss = PointwiseLoss::Kind;

Tensor reduced(const Tensor& losses, LossReduction reduction) {
  switch (reduction) {
    case LossReduction::mean:
      return mean(losses);
    case LossReduction::sum:
      return sum(losses);
    default:
      return losses;
  }
}

// symmetric: value(x, t) = value(t, x), so that the target has the gradient -slope.
Tensor pointwise_loss(const char* op, const Tensor& x, const Tensor& target, const Tensor& weight,
                      const PointwiseLoss& loss, bool symmetric) {
  check_defined(op, {{"x", x}, {"target", target}});
  const DType wide = accumulator_of(x.dtype());
  check(is_float(x.dtype()) && x.shape() == target.shape() && (target.dtype() == x.dtype() || target.dtype() == wide),
        op, ": x is ", name_of(x.dtype()), " ", x.shape(), " but the target ", name_of(target.dtype()), " ",
        target.shape());
  check(symmetric || !target.requires_grad() || !grad_enabled(), op,
        ": the target needs a gradient but gets none; detach() it");
  Tensor losses = Tensor::empty(x.shape(), wide, x.device());
  const Tensor wide_target = Untracked::to(target, wide);
  if (losses.numel() > 0) kernels::pointwise_loss_forward(OpName{op}, losses, x, wide_target, weight, loss);
  return record(
      op, losses, {x, target},
      [op, x = x.detach(), target_dtype = target.dtype(), wide_target, weight, loss](const Tensor& dy, Grads& grads) {
        const auto along = [&](size_t i, DType dtype, double sign) {
          if (!grads.needs(i)) return;
          Tensor gradient = Tensor::empty(x.shape(), dtype, x.device());
          if (x.numel() > 0)
            kernels::pointwise_loss_backward(OpName{op}, gradient, dy, x, wide_target, weight, loss, sign);
          grads.give(i, gradient);
        };
        along(0, x.dtype(), 1);
        along(1, target_dtype, -1);
      });
}

}  // namespace

Tensor bce_with_logits(const Tensor& x, const Tensor& target, const BceOptions& options) {
  const Tensor& weight = options.pos_weight;
  if (weight && x)
    check((weight.numel() == 1 || weight.shape() == Shape{x.channels()}) &&
              weight.dtype() == accumulator_of(x.dtype()) && (!weight.requires_grad() || !grad_enabled()),
          "bce_with_logits: pos_weight is ", name_of(weight.dtype()), " ", weight.shape(), " but x ",
          name_of(x.dtype()), " ", x.shape(), "; it has no gradient");
  return reduced(pointwise_loss("bce_with_logits", x, target, weight.detach(), {Loss::bce}, false), options.reduction);
}

Tensor sigmoid_focal_loss(const Tensor& x, const Tensor& target, const FocalOptions& options) {
  check(options.gamma >= 0 && options.alpha <= 1, "sigmoid_focal_loss: alpha ", options.alpha, ", gamma ",
        options.gamma);
  return reduced(pointwise_loss("sigmoid_focal_loss", x, target, {},
                                {.kind = Loss::focal, .alpha = options.alpha, .gamma = options.gamma}, false),
                 options.reduction);
}

Tensor l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction) {
  return reduced(pointwise_loss("l1_loss", x, target, {}, {Loss::absolute}, true), reduction);
}

Tensor mse_loss(const Tensor& x, const Tensor& target, LossReduction reduction) {
  return reduced(pointwise_loss("mse_loss", x, target, {}, {Loss::squared}, true), reduction);
}

Tensor smooth_l1_loss(const Tensor& x, const Tensor& target, double beta, LossReduction reduction) {
  check(beta >= 0, "smooth_l1_loss: beta is ", beta, " but must not be negative");
  return reduced(pointwise_loss("smooth_l1_loss", x, target, {}, {.kind = Loss::smooth, .beta = beta}, true),
                 reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletOptions& options) {
  check_defined("triplet_margin_loss", {{"anchor", anchor}, {"positive", positive}, {"negative", negative}});
  check(anchor.rank() > 0 && anchor.shape() == positive.shape() && anchor.shape() == negative.shape(),
        "triplet_margin_loss: anchor is ", anchor.shape(), ", positive ", positive.shape(), ", negative ",
        negative.shape());
  check(anchor.dtype() == positive.dtype() && anchor.dtype() == negative.dtype(), "triplet_margin_loss: anchor is ",
        name_of(anchor.dtype()), ", positive ", name_of(positive.dtype()), ", negative ", name_of(negative.dtype()));
  const DType wide = accumulator_of(anchor.dtype());
  const Tensor a = anchor.to(wide), p = positive.to(wide), n = negative.to(wide);
  const auto distance = [&](const Tensor& from, const Tensor& to) {
    return sqrt(sum(square(sub(from, to) + options.eps), -1));
  };
  Tensor apart = distance(a, n);
  if (options.swap) apart = minimum(apart, distance(p, n));
  return reduced(relu(distance(a, p) - apart + options.margin), options.reduction);
}

}  // namespace radial
