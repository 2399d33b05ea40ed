#include <algorithm>

#include "core/kernels.h"

namespace radial {

namespace {

// How many classes stand before `label`; before a NaN more than there may be.
template <class T>
int64_t classes_before(const T* logits, int64_t classes, int32_t label) {
  if (logits[label] != logits[label]) return std::max<int64_t>(classes, 5);
  int64_t before = 0;
  for (int64_t c = 0; c < classes; ++c) {
    if (c == label) continue;
    // written so that a comparison with NaN counts against the label
    const bool after = c < label ? logits[c] < logits[label] : logits[c] <= logits[label];
    before += after ? 0 : 1;
  }
  return before;
}

}  // namespace

void cpu::score_batch(Tensor& score, const Tensor& loss, const Tensor& logits, const Tensor& labels) {
  dispatch_float("score_batch", logits.dtype(), [&]<class T>() {
    const int64_t classes = logits.dim(1);
    int64_t top1 = 0, top5 = 0;
    for (int64_t i = 0; i < logits.dim(0); ++i) {
      const int64_t before = classes_before(logits.data<T>() + i * classes, classes, labels.data<int32_t>()[i]);
      top1 += before < 1 ? 1 : 0;
      top5 += before < 5 ? 1 : 0;
    }
    double* numbers = score.data<double>();
    numbers[0] = static_cast<double>(loss.data<T>()[0]);
    numbers[1] = static_cast<double>(top1);
    numbers[2] = static_cast<double>(top5);
  });
}

}  // namespace radial
