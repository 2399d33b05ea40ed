// All that the choice of a plan for a convolution depends on: convolutions with one key share a plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <ostream>

#include "core/dtype.h"
#include "core/ops/conv2d.h"

namespace radial::cuda {

enum class ConvPass : uint8_t { forward, backward_input, backward_weight };

struct ConvPlanKey {
  Conv2dGeometry geometry;
  ConvPass pass;
  DType dtype;              // of the tensors that the pass reads: float32 or bfloat16; it sums in float32
  DType result_dtype;       // of the tensor that it writes: the same, or float32 where it reads bfloat16
  bool accumulate = false;  // whether it adds to that tensor's values
  bool tf32 = false;        // whether products of float32 may round it to 10 bits of mantissa
  int64_t alignment = 16;   // of all three addresses, in bytes

  bool operator==(const ConvPlanKey&) const = default;
  Shape result_shape() const {
    return pass == ConvPass::forward          ? geometry.y_shape()
           : pass == ConvPass::backward_input ? geometry.x_shape()
                                              : geometry.w_shape();
  }
};

// The largest power of two up to 16, which is as much as cuDNN asks for, that divides all addresses.
inline int64_t common_alignment(std::initializer_list<const void*> addresses) {
  uintptr_t bits = 16;
  for (const void* address : addresses) bits |= reinterpret_cast<uintptr_t>(address);
  return static_cast<int64_t>(bits & (~bits + 1));  // the lowest bit that is set
}

struct ConvPlanKeyHash {
  size_t operator()(const ConvPlanKey& key) const {
    const Conv2dGeometry& g = key.geometry;
    size_t hash = 0;
    const auto mix = [&](auto number) {
      hash = (hash ^ static_cast<size_t>(number)) * 0x9E3779B97F4A7C15u;  // 2^64 over the golden ratio
      hash ^= hash >> 32;  // a product moves bits up only, but tables look at the low ones
    };
    for (const int64_t number : {g.n, g.h, g.w, g.c, g.o, g.kh, g.kw, g.stride.h, g.stride.w, g.padding.h, g.padding.w,
                                 g.dilation.h, g.dilation.w, g.groups})
      mix(number);
    mix(key.pass), mix(key.dtype), mix(key.result_dtype), mix(key.accumulate), mix(key.tf32), mix(key.alignment);
    return hash;
  }
};

// The kernel's name.
constexpr const char* name_of(ConvPass pass) {
  switch (pass) {
    case ConvPass::forward:
      return "conv2d_forward";
    case ConvPass::backward_input:
      return "conv2d_backward_input";
    default:
      return "conv2d_backward_weight";
  }
}

// "x [8, 56, 56, 64], w [64, 3, 3, 64], stride 1, padding 1, dilation 1, groups 1, bfloat16"
inline std::ostream& operator<<(std::ostream& out, const ConvPlanKey& key) {
  const Conv2dGeometry& g = key.geometry;
  return out << "x " << g.x_shape() << ", w " << g.w_shape() << ", stride " << g.stride << ", padding " << g.padding
             << ", dilation " << g.dilation << ", groups " << g.groups << ", " << name_of(key.dtype);
}

}  // namespace radial::cuda
