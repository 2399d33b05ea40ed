#include "nn/name_pattern.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/joined.h"
#include "core/near_words.h"

namespace radial {

namespace {

void add_once(std::vector<std::string>& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

// What a pattern without "*" may be, the shorter ones first.
std::vector<std::string> plain_patterns(std::span<const std::string> names) {
  std::vector<std::string> patterns;
  for (const std::string& name : names) {
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
      add_once(patterns, name.substr(0, dot));
    add_once(patterns, name);
  }
  return patterns;
}

std::string first_parts(std::span<const std::string> names) {
  std::vector<std::string> parts;
  for (const std::string& name : names) add_once(parts, name.substr(0, name.find('.')));
  return joined(parts);
}

}  // namespace

bool fits(std::string_view name, std::string_view pattern) {
  const size_t dot_of_name = name.find('.'), dot = pattern.find('.');
  const std::string_view part = pattern.substr(0, dot);
  if (part != "*" && part != name.substr(0, dot_of_name)) return false;
  if (dot == std::string_view::npos) return true;
  return dot_of_name != std::string_view::npos && fits(name.substr(dot_of_name + 1), pattern.substr(dot + 1));
}

bool fits_any(std::string_view name, std::span<const std::string> patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return fits(name, pattern); });
}

void check_patterns(const std::string& what, std::span<const std::string> patterns,
                    std::span<const std::string> names) {
  for (const std::string& pattern : patterns) {
    if (std::any_of(names.begin(), names.end(), [&](const std::string& name) { return fits(name, pattern); })) continue;
    const std::string near = did_you_mean(pattern, plain_patterns(names));
    fail(ErrorKind::usage, what, " \"", pattern, "\" fits no name",
         near.empty() ? "; names begin with " + first_parts(names) : near);
  }
}

std::string layer_of(const std::string& name) {
  const size_t dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

}  // namespace radial
