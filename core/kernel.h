// KERNEL(name, parameters...): declares cpu::name (and cuda::name in a build with CUDA) and the chooser
// kernels::name, which runs the one of the tensors' device. A kernel that is missing is a link error.
// Convention: outputs `Tensor&` first, then `const Tensor&` inputs, then one plain struct of scalars.
// Kernels never allocate results, never check shapes (the op did), never touch autograd.
#pragma once

#include <memory>
#include <type_traits>

#include "core/profile.h"
#include "core/tensor.h"

namespace radial {

// What a kernel keeps from one call to the next, such as tables on its device; the caller keeps it, empty at first.
using KernelMemory = std::shared_ptr<void>;

}  // namespace radial

namespace radial::detail {

// The one device of all defined tensors among the arguments; throws if they differ.
template <class... Args>
Device device_of(const char* kernel, const Args&... args) {
  Device device;
  bool found = false;
  const auto look = [&](const auto& argument) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(argument)>, Tensor>) {
      if (!argument.defined()) return;
      check(!found || argument.device() == device, kernel, ": tensors are on different devices (", device, ", ",
            argument.device(), ")");
      device = argument.device();
      found = true;
    }
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
  void name(Args&&... args) {                                      \
    const ProfileScope profile(#name);                             \
    const Device device = detail::device_of(#name, args...);       \
    if (device.type == DeviceType::cpu) return cpu::name(args...); \
    RADIAL_CALL_CUDA(name);                                        \
    if (detail::profiling) synchronize(device);                    \
  }                                                                \
  }
