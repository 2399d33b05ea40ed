// A convolution whose filters never change: a linear map between channels, or between pixels, that is no parameter.
#pragma once

#include <utility>

#include "core/ops.h"

namespace radial {

class FixedFilters {
 public:
  FixedFilters() = default;
  explicit FixedFilters(Tensor filters) : filters_(std::move(filters)) {}  // float64 [out, kh, kw, in], on the CPU

  bool defined() const { return filters_.defined(); }
  // conv2d(x, filters): they follow x to its device and dtype, and stay there for the next.
  Tensor operator()(const Tensor& x) {
    const DType dtype = accumulator_of(x.dtype());
    if (!placed_.defined() || placed_.dtype() != dtype || placed_.device() != x.device())
      placed_ = filters_.to(dtype).to(x.device());
    return conv2d(x, placed_);
  }

 private:
  Tensor filters_, placed_;
};

}  // namespace radial
