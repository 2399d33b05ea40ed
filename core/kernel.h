// KERNEL(name, parameters...): declares cpu::name (and cuda::name in a build with CUDA) and the chooser
// kernels::name, which runs the one of the tensors' device. A kernel that is missing is a link error. Where a kernel
// serves many ops the chooser is given the one it runs for, for the profile: kernels::name(OpName{"relu"}, ...).
// Convention: outputs `Tensor&` first, then `const Tensor&` inputs, then one plain struct of scalars.
// Kernels never allocate results, never check shapes (the op did), never touch autograd.
#pragma once

#include <type_traits>
#include <vector>

#include "core/kernel_memory.h"
#include "core/profile.h"
#include "core/tensor.h"

namespace radial {

struct OpName {
  const char* text = nullptr;
};

}  // namespace radial

namespace radial::detail {

// The one device of all defined tensors among the arguments and in vectors of them; throws if they differ.
template <class... Args>
Device device_of(const char* kernel, const Args&... args) {
  Device device;
  bool found = false;
  const auto look_at = [&](const Tensor& tensor) {
    if (!tensor.defined()) return;
    check(!found || tensor.device() == device, kernel, ": tensors are on different devices (", device, ", ",
          tensor.device(), ")");
    device = tensor.device();
    found = true;
  };
  const auto look = [&]<class T>(const T& argument) {
    if constexpr (std::is_same_v<T, Tensor>) look_at(argument);
    if constexpr (std::is_same_v<T, std::vector<Tensor>>)
      for (const Tensor& tensor : argument) look_at(tensor);
  };
  (look(args), ...);
  return device;
}

}  // namespace radial::detail

#ifdef RADIAL_WITH_CUDA
#define RADIAL_DECLARE_CUDA(name, ...) \
  namespace cuda {                     \
  void name(__VA_ARGS__);              \
  }
#define RADIAL_CALL_CUDA(name) cuda::name(args...)
#else
#define RADIAL_DECLARE_CUDA(name, ...)
#define RADIAL_CALL_CUDA(name) \
  fail(ErrorKind::usage, #name, ": the tensors are on a GPU but this Radial was built without CUDA")
#endif

#define KERNEL(name, ...)                                          \
  namespace cpu {                                                  \
  void name(__VA_ARGS__);                                          \
  }                                                                \
  RADIAL_DECLARE_CUDA(name, __VA_ARGS__)                           \
  namespace kernels {                                              \
  template <class... Args>                                         \
  void name(OpName op, Args&&... args) {                           \
    const ProfileScope profile(#name, op.text);                    \
    const Device device = detail::device_of(#name, args...);       \
    if (device.type == DeviceType::cpu) return cpu::name(args...); \
    RADIAL_CALL_CUDA(name);                                        \
    if (detail::profiling) synchronize(device);                    \
  }                                                                \
  template <class... Args>                                         \
  void name(Args&&... args) {                                      \
    name(OpName{}, args...);                                       \
  }                                                                \
  }
