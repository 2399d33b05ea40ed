#include "core/row_squares.h"

#include "core/kernels.h"
#include "core/untracked.h"

namespace radial {

Tensor row_squares(std::span<const Tensor> tensors) {
  int64_t rows = 0;
  for (const Tensor& tensor : tensors) rows += tensor.slices();
  const Tensor squares = Tensor::empty({rows}, DType::f64, tensors[0].device());
  int64_t row = 0;
  for (const Tensor& tensor : tensors) {
    Tensor part = Untracked::slice(squares, row, row + tensor.slices());
    kernels::row_dots(part, tensor, tensor);
    row += tensor.slices();
  }
  return squares;
}

}  // namespace radial
