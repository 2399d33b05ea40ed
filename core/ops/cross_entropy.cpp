// Softmax cross-entropy: loss = mean over rows of -sum_k t_k log p_k, p = softmax(logits). Backward keeps p.
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options) {
  check_defined("cross_entropy", {{"logits", logits}, {"labels", labels}});
  check(logits.rank() == 2 && logits.numel() > 0, "cross_entropy: logits must be [n, classes] but are ",
        logits.shape());
  const double smoothing = options.label_smoothing;
  check(smoothing >= 0 && smoothing <= 1, "cross_entropy: label_smoothing is ", smoothing, " but must be in [0, 1]");
  if (labels.dtype() == DType::i32) {
    check_labels("cross_entropy", labels, logits);
  } else {
    check(labels.shape() == logits.shape() && labels.dtype() == logits.dtype(), "cross_entropy: soft targets are ",
          name_of(labels.dtype()), " ", labels.shape(), " but logits ", name_of(logits.dtype()), " ", logits.shape());
    check(!labels.requires_grad() || !grad_enabled(),
          "cross_entropy: the soft targets need a gradient but get none; detach() them");
  }
  const DType dtype = logits.dtype(), wide = accumulator_of(dtype);
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
