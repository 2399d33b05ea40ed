#include "analysis/norm_record.h"

#include <cmath>

#include "core/row_squares.h"

namespace radial {

NormRecord::NormRecord(std::span<const Tensor> tensors) {
  for (const Tensor& tensor : tensors) rows_.push_back(tensor.slices());
  if (!tensors.empty()) squares_ = row_squares(tensors);
}

std::vector<double> NormRecord::norms() const {
  std::vector<double> norms;
  if (rows_.empty()) return norms;
  const std::vector<double> squares = squares_.to_vector();
  size_t row = 0;
  for (const int64_t rows : rows_) {
    double sum = 0;
    for (int64_t i = 0; i < rows; ++i) sum += squares[row++];
    norms.push_back(std::sqrt(sum));
  }
  return norms;
}

}  // namespace radial
