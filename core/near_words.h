// "Did you mean ...?" for words that nobody knows.
#pragma once

#include <span>
#include <string>

namespace radial {

// The one of `known` that takes the fewest edits to become `word`, if that is few for its length; else "".
std::string closest_match(const std::string& word, std::span<const std::string> known);

// " (did you mean WORD?)", or nothing.
std::string did_you_mean(const std::string& word, std::span<const std::string> known);

}  // namespace radial
