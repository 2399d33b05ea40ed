// The card that the tests of the CUDA half run on: the emulated one in a build with RADIAL_CUDA=EMULATED.
#pragma once

#include <optional>

#include "core/cuda/context.h"
#include "tests/catch.h"

namespace radial {

// Empty without a card; then the test says that it is skipped, and ctest counts it so.
//   const auto card = find_card();
//   if (!card) return;
inline std::optional<Device> find_card() {
  const std::string why = cuda::obstacle(0);
  if (why.empty()) return Device{DeviceType::cuda, 0};
  WARN("skipped: no GPU can be used: " << why);
  return {};
}

}  // namespace radial
