// Element types of tensors.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/error.h"

namespace radial {

// f32 everywhere; f64 on the CPU, for gradient checks and as oracle; bf16 as storage of activations on the GPU (later);
// u8 (pictures) and i32 (labels, decisions) are data: no arithmetic.
enum class DType : uint8_t { f32, f64, bf16, u8, i32 };

// The upper half of a float32; rounds to nearest even.
struct bf16 {
  uint16_t bits;  // not set by itself: shared memory of a GPU cannot be
  bf16() = default;
  explicit bf16(float value) {
    const auto u = std::bit_cast<uint32_t>(value);
    const bool nan = (u & 0x7FFFFFFFu) > 0x7F800000u;
    bits = static_cast<uint16_t>(nan ? (u >> 16) | 0x40u : (u + 0x7FFFu + ((u >> 16) & 1u)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(uint32_t{bits} << 16); }
};

constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 8;
    case DType::bf16:
      return 2;
    case DType::u8:
      return 1;
    default:
      return 4;
  }
}

constexpr const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "float32";
    case DType::f64:
      return "float64";
    case DType::bf16:
      return "bfloat16";
    case DType::u8:
      return "uint8";
    default:
      return "int32";
  }
}

constexpr bool is_float(DType dtype) { return dtype == DType::f32 || dtype == DType::f64 || dtype == DType::bf16; }

// What losses, statistics, parameters and their gradients are stored in where activations are of this type.
constexpr DType accumulator_of(DType dtype) { return dtype == DType::bf16 ? DType::f32 : dtype; }

template <class T>
inline constexpr DType dtype_of = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<bf16> = DType::bf16;
template <>
inline constexpr DType dtype_of<uint8_t> = DType::u8;
template <>
inline constexpr DType dtype_of<int32_t> = DType::i32;

// Calls f.template operator()<T>() with T = float or double: dispatch_float("relu", x.dtype(), [&]<class T>() { ... }).
template <class F>
void dispatch_float(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f64:
      return f.template operator()<double>();
    default:
      fail(ErrorKind::usage, op, ": got ", name_of(dtype), " but needs float32 or float64 on the CPU");
  }
}

// Integers, too, where a kernel takes them.
template <class F>
void dispatch_number(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::u8:
      return f.template operator()<uint8_t>();
    case DType::i32:
      return f.template operator()<int32_t>();
    default:
      return dispatch_float(op, dtype, f);
  }
}

// Every dtype, where a kernel only moves or converts.
template <class F>
void dispatch_any(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f64:
      return f.template operator()<double>();
    case DType::bf16:
      return f.template operator()<bf16>();
    case DType::u8:
      return f.template operator()<uint8_t>();
    case DType::i32:
      return f.template operator()<int32_t>();
  }
}

}  // namespace radial
