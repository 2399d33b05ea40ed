#include "io/utf8.h"

namespace radial {

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  // The second byte keeps overlong forms, surrogates and what is too large out.
  const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_utf8(std::string& text, uint32_t code_point) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    text += static_cast<char>(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    text += static_cast<char>(0xE0 | (code_point >> 12));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | (code_point >> 18));
    tail(12), tail(6), tail(0);
  }
}

std::string printable(std::string_view name) {
  std::string result;
  while (!name.empty()) {
    const size_t length = utf8_length(name);
    const auto first = static_cast<uint8_t>(name[0]);
    if (length == 0 || first < 0x20 || first == 0x7F)
      result += "\uFFFD";
    else
      result += name.substr(0, length);
    name.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string byte_escape(char byte) {
  constexpr const char* digits = "0123456789abcdef";
  const auto value = static_cast<uint8_t>(byte);
  return {'\\', 'u', 'd', 'c', digits[value >> 4], digits[value & 15]};
}

std::string_view without_byte_order_mark(std::string_view text, const std::string& source, ErrorKind kind) {
  check(!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF"), kind, source,
        ": the text is UTF-16 but must be UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace radial
