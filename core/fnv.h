// FNV-1a of 64 bits: names and lists as one number. It tells apart what nobody made to collide.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace radial {

// The hash of a text, or of a text after others whose hash is `before`.
constexpr uint64_t fnv1a(std::string_view text, uint64_t before = 0xCBF29CE484222325) {
  for (const char c : text) before = (before ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return before;
}

// All 16 digits.
inline std::string hex_digits(uint64_t value) {
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(value >> shift) & 15];
  return digits;
}

}  // namespace radial
