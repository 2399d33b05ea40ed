// Where a tensor lives.
#pragma once

#include <ostream>

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

}  // namespace radial
