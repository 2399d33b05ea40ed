// Loss and hits of a batch, as numbers for people.
#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

void score_batch(Tensor& score, const Tensor& loss, const Tensor& logits, const Tensor& labels) {
  check_defined("score_batch", {{"score", score}, {"loss", loss}, {"logits", logits}, {"labels", labels}});
  check(score.shape() == Shape{3} && score.dtype() == DType::f64, "score_batch: score must be float64 [3] but is ",
        name_of(score.dtype()), " ", score.shape());
  const DType wide = accumulator_of(logits.dtype());
  check(logits.rank() == 2 && loss.numel() == 1 && loss.dtype() == wide, "score_batch: logits ",
        name_of(logits.dtype()), " ", logits.shape(), " and loss ", name_of(loss.dtype()), " ", loss.shape(),
        " but needs [n, classes] and one element of ", name_of(wide));
  check_labels("score_batch", labels, logits);
  kernels::score_batch(score, loss, logits, labels);
}

}  // namespace radial
