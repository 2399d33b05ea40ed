#include "io/json_lines.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/utf8.h"

namespace radial {

namespace {

using Json = nlohmann::ordered_json;

// nlohmann-json takes and gives UTF-8 alone. So a byte b that is not travels through it as the two characters U+0001
// U+0080 + (b - 0x80), and a U+0001 as two of them.
constexpr char mark = '\x01';
constexpr const char* mark_escape = "\\u0001";

std::string with_stand_ins(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0 || text[0] == mark) result += mark;
    if (length == 0)
      append_utf8(result, static_cast<uint8_t>(text[0]));
    else
      result += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string without_stand_ins(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == mark && i + 1 < text.size() && text[++i] != mark) {
      // U+0080 to U+00FF are C2 80 to C3 BF
      const auto lead = static_cast<uint8_t>(text[i]), tail = static_cast<uint8_t>(text[++i]);
      result += static_cast<char>((lead & 3) << 6 | (tail & 0x3F));
    } else {
      result += text[i];
    }
  }
  return result;
}

// The value with all its texts changed, keys too.
template <class Change>
Json changed(const Json& value, const Change& change) {
  if (value.is_string()) return change(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  Json result = value.is_array() ? Json::array() : Json::object();
  for (const auto& [key, part] : value.items()) {
    if (value.is_array())
      result.push_back(changed(part, change));
    else
      result[change(key)] = changed(part, change);
  }
  return result;
}

// Takes a JSON text through `escape`, which may replace the escapes in it: it gets what follows a backslash and returns
// how much of that it took, 0 to leave the escape as it is.
template <class Escape>
std::string with_escapes_replaced(std::string_view text, const Escape& escape) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
    } else if (const size_t taken = escape(text.substr(i), result); taken > 0) {
      i += taken - 1;
    } else {
      result += text.substr(i++, 2);
    }
  }
  return result;
}

// The code of an escape \uXXXX at the beginning, or -1.
int escaped_code(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return -1;
  int code = 0;
  for (const char c : text.substr(2, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

std::string bytes_to_stand_ins(std::string_view text) {
  return with_escapes_replaced(text, [](std::string_view at, std::string& out) -> size_t {
    const int code = escaped_code(at);
    const bool high = code >= 0xD800 && code <= 0xDBFF;
    if (high && escaped_code(at.substr(6)) >= 0xDC00) {  // a pair: one character above U+FFFF
      out += at.substr(0, 12);
      return 12;
    }
    if (code != mark && !(code >= 0 && is_escaped_byte(static_cast<uint32_t>(code)))) return 0;
    out += mark_escape;
    out += code == mark ? mark_escape : "\\u00" + std::string(at.substr(4, 2));
    return 6;
  });
}

std::string stand_ins_to_bytes(std::string_view text) {
  return with_escapes_replaced(text, [](std::string_view at, std::string& out) -> size_t {
    if (!at.starts_with(mark_escape)) return 0;
    const std::string_view next = at.substr(6);
    if (next.starts_with(mark_escape)) {
      out += mark_escape;
      return 12;
    }
    std::string stand_in(1, mark);
    stand_in += next.substr(0, 2);
    const std::string byte = without_stand_ins(stand_in);
    out += byte_escape(byte[0]);
    return 8;
  });
}

bool has_escaped_bytes(std::string_view text) {
  for (size_t at = 0; (at = text.find("\\u", at)) != std::string_view::npos; at += 2)
    if (const int code = escaped_code(text.substr(at)); code >= 0 && is_escaped_byte(static_cast<uint32_t>(code)))
      return true;
  return false;
}

// Values are copied, written and destroyed by functions that call themselves.
void check_depth(std::string_view text, const std::string& source) {
  int depth = 0;
  bool in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_text = !in_text;
    if (in_text && c == '\\') ++i;
    if (in_text) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    check(depth <= 100, ErrorKind::file_format, "json: ", source, ": at byte ", i,
          " more than 100 lists and objects are in one another");
  }
}

}  // namespace

std::string json_text(const Json& value, int indent) {
  try {
    return value.dump(indent);
  } catch (const Json::type_error&) {  // a text is not UTF-8
    return stand_ins_to_bytes(changed(value, with_stand_ins).dump(indent));
  }
}

Json parse_json(std::string_view text, const std::string& source) {
  check_depth(text, source);
  try {
    if (!has_escaped_bytes(text)) return Json::parse(text);
    return changed(Json::parse(bytes_to_stand_ins(text)), without_stand_ins);
  } catch (const Json::exception& error) {
    fail(ErrorKind::file_format, "json: ", source, ": ", error.what());
  }
}

void print_json_line(const Json& value) { print_line(json_text(value)); }

void print_line(const std::string& text) {
  const std::string line = text + "\n";
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  check(written, ErrorKind::io, "write: standard output: ", std::strerror(errno));
}

}  // namespace radial
