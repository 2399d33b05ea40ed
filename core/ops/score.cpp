// Loss and hits of a batch, as numbers for people.
#include "core/kernels.h"
#include "core/ops.h"

namespace radial {

void score_batch(Tensor& score, const Tensor& loss, const Tensor& logits, const Tensor& labels) {
  check(score.shape() == Shape{3} && score.dtype() == DType::f64, "score_batch: score must be float64 [3] but is ",
        name_of(score.dtype()), " ", score.shape());
  const DType wide = accumulator_of(logits.dtype());
  check(logits.rank() == 2 && loss.numel() == 1 && loss.dtype() == wide, "score_batch: logits ",
        name_of(logits.dtype()), " ", logits.shape(), " and loss ", name_of(loss.dtype()), " ", loss.shape(),
        " but needs [n, classes] and one element of ", name_of(wide));
  check(labels.shape() == Shape{logits.dim(0)} && labels.dtype() == DType::i32, "score_batch: labels are ",
        name_of(labels.dtype()), " ", labels.shape(), " but logits ", logits.shape());
  kernels::score_batch(score, loss, logits, labels);
}

}  // namespace radial
