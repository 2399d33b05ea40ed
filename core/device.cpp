#include "core/device.h"

#include <charconv>
#include <string_view>

#include "core/error.h"
#ifdef RADIAL_WITH_CUDA
#include "core/cuda/context.h"
#endif

namespace radial {

namespace {

// Why the card cannot be used; empty if it can.
std::string obstacle([[maybe_unused]] int index) {
#ifdef RADIAL_WITH_CUDA
  return cuda::obstacle(index);
#else
  return "this Radial was built without CUDA (./run build cuda builds it with CUDA)";
#endif
}

int parse_index(const std::string& text) {
  constexpr std::string_view prefix = "cuda:";
  int index = -1;
  if (text == "cuda") return 0;
  if (text.starts_with(prefix)) {
    const char *begin = text.data() + prefix.size(), *end = text.data() + text.size();
    if (const auto [stop, error] = std::from_chars(begin, end, index); error != std::errc() || stop != end) index = -1;
  }
  check(index >= 0, "device: got '", text, "' but it must be cpu, cuda, cuda:N or auto");
  return index;
}

}  // namespace

Device parse_device(const std::string& text) {
  if (text == "cpu") return {};
  if (text == "auto") return obstacle(0).empty() ? Device{DeviceType::cuda, 0} : Device{};
  const Device device{DeviceType::cuda, parse_index(text)};
  const std::string missing = obstacle(device.index);
  check(missing.empty(), "device: ", text, " cannot be used: ", missing);
  return device;
}

void set_tf32([[maybe_unused]] Device device, [[maybe_unused]] bool allowed) {
#ifdef RADIAL_WITH_CUDA
  if (device.type != DeviceType::cuda) return;
  cuda::ConvolutionOptions options = cuda::use(device).convolutions;
  options.tf32 = allowed;
  cuda::set_convolution_options(device.index, options);
#endif
}

void synchronize([[maybe_unused]] Device device) {
#ifdef RADIAL_WITH_CUDA
  if (device.type == DeviceType::cuda) cuda::synchronize(device.index);
#endif
}

}  // namespace radial
