// Configuration files: the options of a subcommand, without their dashes, as TOML (io/toml.h).
//
//   [train]
//   lr = 0.1
//   lr-milestones = [30, 60, 90]
//
// A file without a section serves, too. What the command line says goes before what the file says.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace radial::apps {

// Gives each option of `command` that has no value yet the one in `text`. `source` (the path) is for messages.
// Throws Error(usage) with source and line for a line that is no `key = value`, and with the key for one that is
// unknown (with the closest one), given twice, in another command's section, or whose value the option refuses.
void apply_config(CLI::App& command, const std::string& text, const std::string& source);

// Reads the file; one that cannot be read is Error(usage).
void apply_config_file(CLI::App& command, const std::string& path);

}  // namespace radial::apps
