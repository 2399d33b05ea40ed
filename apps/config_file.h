// Configuration files: the options of a subcommand, without their dashes, as TOML.
//
//   [train]
//   lr = 0.1
//   lr-milestones = [30, 60, 90]
//
// A file without a section serves, too. What the command line says goes before what the file says.
#pragma once

#include <string>
#include <vector>

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

// Values as TOML. A text that holds both kinds of quotes cannot be written: Error(usage).
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

}  // namespace radial::apps
