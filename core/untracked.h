// What tensors do without the tape: results need no gradient and no observer sees them. Ops and kernels are made of
// these; everybody else has the members of Tensor, and detach() where a gradient is to stop.
#pragma once

#include "core/tensor.h"

namespace radial {

struct Untracked {
  static Tensor view(const Tensor& x, const Shape& shape);           // shares the storage
  static Tensor slice(const Tensor& x, int64_t begin, int64_t end);  // shares the storage
  static Tensor clone(const Tensor& x);
  static Tensor to(const Tensor& x, DType dtype);    // itself if it has the dtype
  static Tensor to(const Tensor& x, Device device);  // itself if it is there
};

}  // namespace radial
