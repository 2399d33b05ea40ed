#include "io/toml.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "io/csv.h"
#include "io/utf8.h"

namespace radial {

namespace {

constexpr const char* blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

// Words between blanks and commas.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (size_t begin = 0; (begin = text.find_first_not_of(" \t\r,", begin)) != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(" \t\r,", begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

class TomlReader {
 public:
  TomlReader(std::string_view text, const std::string& source) : rest_(text), source_(source) {}

  std::vector<TomlEntry> entries() {
    std::vector<TomlEntry> result;
    std::set<std::pair<std::vector<std::string>, std::string>> seen;
    for (skip_to_next(); !rest_.empty(); skip_to_next()) {
      if (rest_[0] == '[') {
        read_section();
      } else {
        result.push_back(read_entry());
        const TomlEntry& entry = result.back();
        if (!seen.insert({entry.section, entry.key}).second) refuse("\"", entry.key, "\" is there twice");
      }
      const std::string_view left = trimmed(line());
      if (!left.empty() && left[0] != '#') refuse("\"", left, "\" follows the value but nothing may");
      rest_.remove_prefix(line().size());
    }
    return result;
  }

 private:
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(ErrorKind::usage, "config: ", source_, ":", line_, ": ", parts...);
  }

  // What is left of the line.
  std::string_view line() const { return rest_.substr(0, rest_.find('\n')); }

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }

  // Over blanks, comments and ends of lines.
  void skip_to_next() {
    for (skip_blanks(); !rest_.empty() && (rest_[0] == '#' || rest_[0] == '\n'); skip_blanks()) {
      rest_.remove_prefix(line().size());
      if (take('\n')) ++line_;
    }
  }

  void read_section() {
    const std::string_view whole = trimmed(line());
    const size_t end = whole.find(']');
    const std::string_view name = end == std::string_view::npos ? "" : trimmed(whole.substr(1, end - 1));
    if (name.empty() || name[0] == '[') refuse_line();
    section_ = parts_of(name);
    rest_.remove_prefix(rest_.find(']') + 1);
  }

  TomlEntry read_entry() {
    TomlEntry entry{section_, "", {}, line_};
    const std::string_view whole = line();
    size_t key_bytes = 0;
    if (rest_[0] == '"' || rest_[0] == '\'') {
      entry.key = read_text();
      skip_blanks();
      key_bytes = whole.size() - line().size();
    } else {
      key_bytes = std::min(whole.find('='), whole.size());
      std::vector<std::string> parts = parts_of(trimmed(whole.substr(0, key_bytes)));
      entry.key = parts.back();
      entry.section.insert(entry.section.end(), parts.begin(), parts.end() - 1);
      rest_.remove_prefix(key_bytes);
    }
    const bool assigned = take('=');
    skip_blanks();
    const std::string_view value = trimmed(line());
    if (!assigned || entry.key.empty() || value.empty() || value[0] == '#') refuse_line(whole);
    read_value(entry.values);
    return entry;
  }

  // "train.lr": ["train", "lr"]
  static std::vector<std::string> parts_of(std::string_view name) {
    std::vector<std::string> parts;
    for (size_t dot = 0; dot != std::string_view::npos;) {
      dot = name.find('.');
      parts.emplace_back(trimmed(name.substr(0, dot)));
      if (dot != std::string_view::npos) name.remove_prefix(dot + 1);
    }
    return parts;
  }

  [[noreturn]] void refuse_line() const { refuse_line(line()); }
  [[noreturn]] void refuse_line(std::string_view whole) const {
    refuse("\"", trimmed(whole), "\" is neither [section] nor key = value");
  }

  void read_value(std::vector<std::string>& values) {
    if (rest_[0] == '[') return read_list(values);
    if (rest_[0] == '{') refuse("tables in a line cannot be read");
    if (rest_[0] == '"' || rest_[0] == '\'') {
      values.push_back(read_text());
    } else {
      const std::string_view bare = line().substr(0, line().find('#'));
      values = words_of(bare);
      if (values.empty()) refuse("\"", trimmed(bare), "\" is no value");
      rest_.remove_prefix(bare.size());
    }
  }

  void read_list(std::vector<std::string>& values) {
    const int begin = line_;
    const auto end_of_text = [&] {
      line_ = begin;
      refuse("an array has no end, \"]\"");
    };
    take('[');
    for (skip_to_next(); !take(']'); skip_to_next()) {
      if (rest_.empty()) end_of_text();
      if (rest_[0] == '[' || rest_[0] == '{') refuse("an array in an array, or a table, cannot be read");
      if (rest_[0] == '"' || rest_[0] == '\'') {
        values.push_back(read_text());
      } else {
        const std::string_view bare = line().substr(0, line().find_first_of(",]#"));
        if (trimmed(bare).empty()) refuse("a value is missing in an array");
        values.emplace_back(trimmed(bare));
        rest_.remove_prefix(bare.size());
      }
      skip_to_next();
      if (rest_.empty()) end_of_text();
      if (!take(',') && rest_[0] != ']') refuse("a comma is missing in an array");
    }
  }

  // "with escapes" or 'as it is'
  std::string read_text() {
    const char quote = rest_[0];
    if (rest_.starts_with(std::string(3, quote))) refuse("texts over several lines cannot be read");
    take(quote);
    std::string text;
    while (!take(quote)) {
      if (line().empty()) refuse("a text has no end, ", quote, ", in its line");
      if (quote == '"' && take('\\')) {
        read_escape(text);
      } else {
        text += rest_[0];
        rest_.remove_prefix(1);
      }
    }
    if (text.find('\0') != std::string::npos) refuse("a text holds the byte 0");
    return text;
  }

  void read_escape(std::string& text) {
    constexpr std::string_view names = "btnfre\"\\", meanings = "\b\t\n\f\r\x1B\"\\";
    const char name = line().empty() ? ' ' : rest_[0];
    if (const size_t at = names.find(name); at != std::string_view::npos) {
      text += meanings[at];
      rest_.remove_prefix(1);
    } else if (name == 'u' || name == 'U') {
      const size_t digits = name == 'u' ? 4 : 8;
      uint32_t code = 0;
      for (size_t i = 1; i <= digits; ++i) code = code << 4 | hexadecimal(i < line().size() ? rest_[i] : ' ');
      append_code(text, code);
      rest_.remove_prefix(digits + 1);
    } else {
      refuse("\\", name, " is no escape; in 'single quotes' a backslash is one");
    }
  }

  uint32_t hexadecimal(char c) const {
    if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0');
    const char lower = static_cast<char>(c | 0x20);
    if (lower < 'a' || lower > 'f') refuse("an escape \\u needs 4 hexadecimal digits, \\U needs 8");
    return static_cast<uint32_t>(lower - 'a' + 10);
  }

  void append_code(std::string& text, uint32_t code) const {
    if (is_escaped_byte(code)) {
      text += static_cast<char>(code & 0xFF);
    } else if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      refuse("an escape \\u or \\U is no character");
    } else {
      append_utf8(text, code);
    }
  }

  std::string_view rest_;
  const std::string& source_;
  int line_ = 1;
  std::vector<std::string> section_;
};

// Between double quotes.
std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const char c = text[0];
    constexpr const char* digits = "0123456789abcdef";
    if (length == 0)
      result += byte_escape(c);
    else if (c == '"' || c == '\\')
      result += {'\\', c};
    else if (c == '\n')
      result += "\\n";
    else if (c == '\t')
      result += "\\t";
    else if (const auto byte = static_cast<uint8_t>(c); byte < 0x20 || byte == 0x7F)
      result += {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    else
      result += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace

std::vector<TomlEntry> read_toml(std::string_view text, const std::string& source) {
  return TomlReader(without_byte_order_mark(text, source, ErrorKind::usage), source).entries();
}

std::string toml(const std::string& value) {
  check(value.find('\0') == std::string::npos, "config: a text holds the byte 0");
  const std::string basic = escaped(value);
  const bool needs_only_other_quotes =
      basic != value && value.find('\'') == std::string::npos && printable(value) == value;
  return needs_only_other_quotes ? "'" + value + "'" : "\"" + basic + "\"";
}

std::string toml(double value) { return shortest(value); }

std::string toml(bool value) { return value ? "true" : "false"; }

}  // namespace radial
