// A list of options as text. Configuration files are TOML (io/toml.h), with the options' names as keys:
//
//   [train]
//   lr = 0.1
//   lr-milestones = [30, 60, 90]
//
// A file without a section serves, too.
#pragma once

#include <string>
#include <vector>

#include "io/options.h"

namespace radial {

// Gives each option that has not been given yet the value that `text` has for it; keys lie in [section] or in none.
// Throws Error(usage) with `source` (a path) and line for a line that is no `key = value`, and with the key for one
// that is unknown (with the closest one), there twice, in another section, or whose value the option refuses.
void apply_configuration(OptionList& list, const std::string& section, const std::string& text,
                         const std::string& source);

// The text of a file. Error(usage) if there is none, Error(io) if it cannot be read. A pipe can be read once.
std::string read_configuration(const std::string& path);

// The same with that text.
void apply_configuration_file(OptionList& list, const std::string& section, const std::string& path);

// All options but those of Role::call.
std::string configuration_text(const OptionList& list, const std::string& section);

// Options of Role::training whose values differ: "--lr 0.2 (the run has 0.1)". Two lists of the same options.
std::vector<std::string> differences(const OptionList& run, const OptionList& now);

}  // namespace radial
