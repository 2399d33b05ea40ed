// Where a tensor lives.
#pragma once

#include <ostream>
#include <string>

namespace radial {

enum class DeviceType { cpu, cuda };

struct Device {
  DeviceType type = DeviceType::cpu;
  int index = 0;
  bool operator==(const Device&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Device& device) {
  if (device.type == DeviceType::cpu) return out << "cpu";
  return out << "cuda:" << device.index;
}

// "cpu", "cuda" (the first card), "cuda:1", or "auto": the first card if there is one that can be used, else the CPU.
// Throws Error(usage) that says what is missing if a card is asked for that cannot be used.
Device parse_device(const std::string& text);

// Whether convolutions of float32 on a GPU may round their factors to TF32 (10 bits of mantissa) for its tensor cores,
// from now on. At first they may not. Nothing changes for the CPU.
void set_tf32(Device device, bool allowed);

// Waits until the device has done all that was asked of it: kernels of a GPU run after their call has returned.
void synchronize(Device device);

}  // namespace radial
