#include "core/ops/arguments.h"

#include <cmath>

namespace radial {

void check_holds(const char* op, DType dtype, double value) {
  if (dtype != DType::u8 && dtype != DType::i32) return;
  const double low = dtype == DType::u8 ? 0 : -2147483648.0, high = dtype == DType::u8 ? 255 : 2147483647.0;
  check(value == std::floor(value) && low <= value && value <= high, op, ": ", name_of(dtype), " has no ", value);
}

void check_labels(const char* op, const Tensor& labels, const Tensor& logits, std::optional<int32_t> ignored) {
  const int64_t n = logits.dim(0), classes = logits.dim(1);
  check(labels.shape() == Shape{n} && labels.dtype() == DType::i32, op, ": labels are ", name_of(labels.dtype()), " ",
        labels.shape(), " but logits ", logits.shape(), " need int32 ", Shape{n});
  if (labels.device().type != DeviceType::cpu) return;
  const int32_t* label = labels.data<int32_t>();
  for (int64_t i = 0; i < n; ++i)
    check((label[i] >= 0 && label[i] < classes) || label[i] == ignored, op, ": label ", label[i], " of row ", i,
          " is not in [0, ", classes, ")");
}

}  // namespace radial
