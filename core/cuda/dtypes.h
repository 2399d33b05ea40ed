// Element types on the GPU: float and bf16 are stored, arithmetic is in float. float64 is the CPU's, but for the sums
// that decide something (row dots), which are stored so.
#pragma once

#include <type_traits>

#include "core/cuda/gpu.h"
#include "core/dtype.h"
#ifdef __CUDACC__
#include <cuda_bf16.h>
#endif

namespace radial::cuda {

// What a kernel computes in: float for bf16, else the type itself.
template <class T>
using arithmetic = std::conditional_t<std::is_same_v<T, bf16>, float, T>;

template <class T>
__device__ __forceinline__ arithmetic<T> load(const T& place) {
  if constexpr (std::is_same_v<T, bf16>)
    return __uint_as_float(static_cast<unsigned>(place.bits) << 16);
  else
    return place;
}

template <class T>
__device__ __forceinline__ void store(T& place, arithmetic<T> value) {
  if constexpr (std::is_same_v<T, bf16>) {
#ifdef __CUDACC__
    place.bits = __bfloat16_as_ushort(__float2bfloat16_rn(value));  // one instruction
#else
    place = bf16(value);
#endif
  } else {
    place = value;
  }
}

// Calls f.template operator()<T>() with T = float or bf16, as dispatch_float does on the CPU.
template <class F>
void dispatch_cuda(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::bf16:
      return f.template operator()<bf16>();
    default:
      fail(ErrorKind::usage, op, ": got ", name_of(dtype), " but needs float32 or bfloat16 on the GPU");
  }
}

// Integers, too, where a kernel takes them.
template <class F>
void dispatch_cuda_number(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::u8:
      return f.template operator()<uint8_t>();
    case DType::i32:
      return f.template operator()<int32_t>();
    default:
      return dispatch_cuda(op, dtype, f);
  }
}

}  // namespace radial::cuda
