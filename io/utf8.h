// Texts that must be UTF-8 (JSON, TOML, figures), and names that need not be: to Linux a file's name is bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace radial {

// Bytes of the character that `text` begins with, 1 to 4; 0 if there is none: an empty text, or bytes that are not
// UTF-8 (overlong forms, surrogates and what lies above U+10FFFF are not).
size_t utf8_length(std::string_view text);
bool is_utf8(std::string_view text);
void append_utf8(std::string& text, uint32_t code_point);

// A name for the reader of a figure: control characters and bytes that are not UTF-8 become U+FFFD.
std::string printable(std::string_view name);

// A byte b that is not UTF-8 stands in JSON and TOML as the escape of the lone surrogate U+DC00 + b, \udc80 to \udcff:
// what Python calls surrogateescape and os.fsencode() takes back. No UTF-8 text holds a surrogate, so nothing else
// looks like it.
std::string byte_escape(char byte);
inline constexpr bool is_escaped_byte(uint32_t code_point) { return code_point >= 0xDC80 && code_point <= 0xDCFF; }

// The text without the byte order mark that editors and spreadsheets put before it. Throws Error(kind) with `source` if
// it is UTF-16.
std::string_view without_byte_order_mark(std::string_view text, const std::string& source,
                                         ErrorKind kind = ErrorKind::file_format);

}  // namespace radial
