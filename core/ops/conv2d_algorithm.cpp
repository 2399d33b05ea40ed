#include "core/ops/conv2d_algorithm.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/simd/winograd.h"

namespace radial {
namespace {

constexpr std::array<std::string_view, 3> names = {"auto", "winograd", "direct"};

// Index of a name.
size_t find(std::string_view name, const char* source) {
  const auto* found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail(ErrorKind::usage, source, ": '", name, "' is no way to compute convolutions (auto, winograd, direct)");
  return static_cast<size_t>(found - names.begin());
}

size_t default_algorithm() {
  const char* name = std::getenv("RADIAL_CONV");
  return name != nullptr && *name != '\0' ? find(name, "RADIAL_CONV") : 0;
}

std::atomic<size_t>& algorithm() {
  static std::atomic<size_t> chosen{default_algorithm()};
  return chosen;
}

}  // namespace

std::string conv_algorithm() { return std::string(names[algorithm()]); }

void set_conv_algorithm(const std::string& name) {
  algorithm() = name.empty() ? default_algorithm() : find(name, "set_conv_algorithm");
}

bool uses_winograd(const Conv2dGeometry& g) {
  const std::string_view name = names[algorithm()];
  return name == "auto" ? simd::winograd_pays(g) : name == "winograd" && simd::winograd_serves(g);
}

}  // namespace radial
