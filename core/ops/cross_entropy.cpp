// Softmax cross-entropy: loss = mean over rows of -sum_k t_k log p_k, p = softmax(logits). Backward keeps p.
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

// With class weights, or rows that do not count, or without rows, or for another reduction than the mean: the losses of
// rows first.
Tensor row_by_row(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  const DType dtype = logits.dtype(), wide = accumulator_of(dtype);
  const Tensor weights = options.class_weights.detach();
  const CrossEntropyRows rows{options.label_smoothing, options.ignore_index.has_value(),
                              options.ignore_index.value_or(0)};
  Tensor losses = Tensor::empty({logits.dim(0)}, wide, logits.device()), row_weights = empty_like(losses);
  Tensor p = Tensor::empty(logits.shape(), wide, logits.device());
  if (p.numel() > 0) kernels::cross_entropy_rows_forward(losses, row_weights, p, logits, targets, weights, rows);
  losses = record("cross_entropy", losses, {logits}, [=](const Tensor& dlosses, Grads& grads) {
    Tensor dlogits = Tensor::empty(p.shape(), dtype, p.device());
    if (p.numel() > 0) kernels::cross_entropy_rows_backward(dlogits, dlosses, p, targets, weights, rows);
    grads.give(0, dlogits);
  });
  switch (options.reduction) {
    case LossReduction::mean:
      return sum(losses) / sum(row_weights);
    case LossReduction::sum:
      return sum(losses);
    default:
      return losses;
  }
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options) {
  check_defined("cross_entropy", {{"logits", logits}, {"labels", labels}});
  check(logits.rank() == 2 && logits.dim(1) > 0, "cross_entropy: logits must be [n, classes] but are ", logits.shape());
  const double smoothing = options.label_smoothing;
  check(smoothing >= 0 && smoothing <= 1, "cross_entropy: label_smoothing is ", smoothing, " but must be in [0, 1]");
  const DType dtype = logits.dtype(), wide = accumulator_of(dtype);
  const Tensor& weights = options.class_weights;
  if (weights)
    check(weights.shape() == Shape{logits.dim(1)} && weights.dtype() == wide &&
              !(weights.requires_grad() && grad_enabled()),
          "cross_entropy: class_weights are ", name_of(weights.dtype()), " ", weights.shape(), " but logits ",
          name_of(dtype), " ", logits.shape(), "; they have no gradient");
  if (labels.dtype() == DType::i32) {
    check_labels("cross_entropy", labels, logits, options.ignore_index);
  } else {
    check(!options.ignore_index, "cross_entropy: ignore_index is for labels, not for soft targets");
    check(labels.shape() == logits.shape() && labels.dtype() == logits.dtype(), "cross_entropy: soft targets are ",
          name_of(labels.dtype()), " ", labels.shape(), " but logits ", name_of(logits.dtype()), " ", logits.shape());
    check(!labels.requires_grad() || !grad_enabled(),
          "cross_entropy: the soft targets need a gradient but get none; detach() them");
  }
  if (weights || options.ignore_index || options.reduction != LossReduction::mean || logits.numel() == 0)
    return row_by_row(logits, labels.detach(), options);
  Tensor loss = Tensor::empty({}, wide, logits.device()), p = Tensor::empty(logits.shape(), wide, logits.device());
  kernels::cross_entropy_forward(loss, p, logits, labels, smoothing);
  return record("cross_entropy", loss, {logits},
                [p, targets = labels.detach(), smoothing, dtype](const Tensor& dloss, Grads& grads) {
                  Tensor dlogits = Tensor::empty(p.shape(), dtype, p.device());
                  kernels::cross_entropy_backward(dlogits, dloss, p, targets, smoothing);
                  grads.give(0, dlogits);
                });
}

}  // namespace radial
