#include "analysis/norm_record.h"

#include <cmath>

#include "core/kernels.h"
#include "core/untracked.h"

namespace radial {

NormRecord::NormRecord(std::span<const Tensor> tensors) {
  int64_t all = 0;
  for (const Tensor& tensor : tensors) all += rows_.emplace_back(tensor.slices());
  if (all == 0) return;
  squares_ = Tensor::empty({all}, DType::f64, tensors[0].device());
  int64_t row = 0;
  for (const Tensor& tensor : tensors) {
    Tensor part = Untracked::slice(squares_, row, row + tensor.slices());
    kernels::row_dots(part, tensor, tensor);
    row += tensor.slices();
  }
}

std::vector<double> NormRecord::norms() const {
  std::vector<double> norms;
  if (rows_.empty()) return norms;
  const std::vector<double> squares = squares_ ? squares_.to_vector() : std::vector<double>();
  size_t row = 0;
  for (const int64_t rows : rows_) {
    double sum = 0;
    for (int64_t i = 0; i < rows; ++i) sum += squares[row++];
    norms.push_back(std::sqrt(sum));
  }
  return norms;
}

}  // namespace radial
