// CRC-64/XZ (polynomial of ECMA-182, reflected), as the xz format uses it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace radial {

class Checksum {
 public:
  void add(const void* data, size_t bytes);
  uint64_t value() const { return ~state_; }
  std::string hex() const;  // sixteen lower-case digits

 private:
  uint64_t state_ = ~uint64_t{0};
};

}  // namespace radial
