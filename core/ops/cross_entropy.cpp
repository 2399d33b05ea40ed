// Softmax cross-entropy: loss = mean over rows of -sum_k t_k log p_k, p = softmax(logits). Backward keeps p.
#include "core/kernels.h"
#include "core/ops.h"

namespace radial {

Tensor softmax(const Tensor& logits) {
  check(logits.rank() >= 1, "softmax: logits must have classes");
  Tensor p = empty_like(logits);
  kernels::softmax(p, logits);
  return p;
}

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options) {
  check(logits.rank() == 2 && logits.numel() > 0, "cross_entropy: logits must be [n, classes] but are ",
        logits.shape());
  const int64_t n = logits.dim(0), classes = logits.dim(1);
  const double smoothing = options.label_smoothing;
  check(smoothing >= 0 && smoothing <= 1, "cross_entropy: label_smoothing is ", smoothing, " but must be in [0, 1]");
  if (labels.dtype() == DType::i32) {
    check(labels.shape() == Shape{n}, "cross_entropy: labels are ", labels.shape(), " but logits ", logits.shape());
    if (labels.device().type == DeviceType::cpu) {
      const int32_t* label = labels.data<int32_t>();
      for (int64_t i = 0; i < n; ++i)
        check(label[i] >= 0 && label[i] < classes, "cross_entropy: label ", label[i], " of row ", i, " is not in [0, ",
              classes, ")");
    }
  } else {
    check(labels.shape() == logits.shape() && labels.dtype() == logits.dtype(), "cross_entropy: soft targets are ",
          name_of(labels.dtype()), " ", labels.shape(), " but logits ", name_of(logits.dtype()), " ", logits.shape());
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
