// Words in a line, for messages.
#pragma once

#include <span>
#include <string>

namespace radial {

inline std::string joined(std::span<const std::string> words, const char* between = ", ") {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

}  // namespace radial
