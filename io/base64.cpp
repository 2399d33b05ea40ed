#include "io/base64.h"

#include <algorithm>
#include <string_view>

namespace radial {

std::string base64(std::span<const uint8_t> bytes) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto piece = bytes.subspan(i, std::min<size_t>(3, bytes.size() - i));
    uint32_t bits = 0;  // 24, from the left
    for (size_t k = 0; k < piece.size(); ++k) bits |= uint32_t{piece[k]} << (16 - 8 * k);
    for (size_t k = 0; k < 4; ++k) text += k <= piece.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace radial
