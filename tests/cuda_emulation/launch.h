// Runs a kernel over a grid, here and now.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "tests/cuda_emulation/block.h"
#include "tests/cuda_emulation/device_memory.h"
#include "tests/cuda_emulation/runtime_api.h"

namespace cuda_emulation {

template <class T>
void check_argument(const T& argument, Where where) {
  if constexpr (std::is_pointer_v<T>)
    if (argument && !on_device(argument)) throw Error(text("a kernel is given host memory, launch at ", where));
}

template <class... Parameters, class... Arguments>
void launch(dim3 grid, dim3 block, size_t shared_bytes, Where where, void (*kernel)(Parameters...),
            Arguments&&... arguments) {
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<std::remove_cv_t<Parameters>...> arguments;
  } call{kernel, {std::forward<Arguments>(arguments)...}};
  std::apply([where](const auto&... argument) { (check_argument(argument, where), ...); }, call.arguments);
  finish_copies();
  run_grid(
      {grid, block, shared_bytes, dynamic_shared_limit(reinterpret_cast<const void*>(kernel)), where},
      [](void* context) {
        const Call& called = *static_cast<const Call*>(context);
        std::apply(called.kernel, called.arguments);
      },
      &call);
}

}  // namespace cuda_emulation
