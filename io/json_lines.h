// JSON texts of the command line: one object a line on stdout (`--json`), and the small files of a run folder.
// For programs that use nlohmann-json themselves.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace radial {

// Numbers read back as the same value, NaN and infinities are null, bytes that are not UTF-8 (in a file's name, say)
// are replaced by U+FFFD. indent -1: all on one line.
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

// Writes one line to stdout and flushes it; Error(io) if that fails (disk full, closed pipe).
void print_json_line(const nlohmann::ordered_json& value);

}  // namespace radial
