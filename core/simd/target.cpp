#include "core/simd/target.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>

#include "core/error.h"
// In this order.
// clang-format off
#include "core/simd/fixed_vectors.h"
#include <hwy/highway.h>
// clang-format on

namespace radial::simd {
namespace {

struct Target {
  int64_t bit;
  std::string name;
};

std::string name_of_target(int64_t bit) {
  if (bit == HWY_EMU128 || bit == HWY_SCALAR) return "scalar";
  std::string name = hwy::TargetName(bit);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

// Asked once, before anything is disabled. Highway gives better targets lower bits.
const std::vector<Target>& all_targets() {
  static const std::vector<Target> targets = [] {
    std::vector<Target> found;
    for (const int64_t bit : hwy::SupportedAndGeneratedTargets()) found.push_back({bit, name_of_target(bit)});
    return found;
  }();
  return targets;
}

// Kept here because asking Highway (SupportedTargets) makes it forget what was disabled.
std::atomic<int64_t> chosen{0};

void use(const std::string& name, const char* source) {
  const auto& targets = all_targets();
  const auto wanted = std::find_if(targets.begin(), targets.end(), [&](const Target& t) { return t.name == name; });
  if (wanted == targets.end()) {
    std::string known;
    for (const Target& t : targets) known += (known.empty() ? "" : ", ") + t.name;
    fail(ErrorKind::usage, source, ": '", name, "' is not an instruction set of this build and processor (", known,
         ")");
  }
  hwy::DisableTargets(~wanted->bit);
  chosen = wanted->bit;
}

void use_default() {
  const char* name = std::getenv("RADIAL_SIMD");
  if (name != nullptr && *name != '\0')
    use(name, "RADIAL_SIMD");
  else
    use(all_targets().front().name, "simd");
}

}  // namespace

std::vector<std::string> supported_targets() {
  std::vector<std::string> names;
  for (const Target& t : all_targets()) names.push_back(t.name);
  return names;
}

void prepare_dispatch() {
  [[maybe_unused]] static const bool once = (use_default(), true);  // tried again if it throws
}

std::string target() {
  prepare_dispatch();
  return name_of_target(chosen);
}

std::string highway_version() {
  return std::to_string(HWY_MAJOR) + "." + std::to_string(HWY_MINOR) + "." + std::to_string(HWY_PATCH);
}

void set_target(const std::string& name) {
  prepare_dispatch();
  if (name.empty())
    use_default();
  else
    use(name, "set_target");
}

}  // namespace radial::simd
