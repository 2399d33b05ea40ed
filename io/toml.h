// Configuration texts: what Radial needs of TOML, read and written.
//
//   [train]
//   lr = 0.1                        # a comment
//   init = "/data/a \"name\".pth"   # with escapes; 'as it is' without
//   lr-milestones = [30, 60, 90]    # may go on over lines
//
// More than TOML is taken: words without quotes (arch = resnet18; several, separated by blanks or commas, are a list),
// bytes that are not UTF-8, and their escapes (io/utf8.h). Less, too: tables in a line and texts over several lines are
// errors.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace radial {

struct TomlEntry {
  std::vector<std::string> section;  // ["train"]; empty at the beginning of a text
  std::string key;
  std::vector<std::string> values;  // one, unless it is a list; quotes and escapes are undone
  int line = 0;
};

// In the text's order. Throws Error(usage) that begins with "config: <source>:<line>: " for what it does not understand
// and for a key that is there twice.
std::vector<TomlEntry> read_toml(std::string_view text, const std::string& source);

// Values as TOML. Any text can be written and is read back byte for byte, but for one with a byte 0, which nothing that
// is configured can hold.
std::string toml(const std::string& value);
std::string toml(double value);
std::string toml(bool value);
template <std::integral T>
std::string toml(T value) {
  return std::to_string(value);
}
template <class T>
std::string toml(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) text += (text.size() > 1 ? ", " : "") + toml(value);
  return text + "]";
}

}  // namespace radial
