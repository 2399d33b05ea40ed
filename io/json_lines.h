// JSON texts: one object a line on stdout (`--json`), the small files of a run folder, what a checkpoint says of
// itself. For programs that use nlohmann-json themselves.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace radial {

// Numbers read back as the same value, NaN and infinities are null. Bytes that are not UTF-8 (in a file's name, say)
// are escaped as io/utf8.h says, and parse_json gives them back. indent -1: all on one line.
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

// The value of a text that json_text, or anybody, wrote. Throws Error(file_format) with `source` (a path) and the place
// for what is no JSON, and for more than 100 lists and objects in one another.
nlohmann::ordered_json parse_json(std::string_view text, const std::string& source);

// Write one line to stdout and flush it; Error(io) if that fails (disk full, closed pipe).
void print_line(const std::string& text);
void print_json_line(const nlohmann::ordered_json& value);

}  // namespace radial
