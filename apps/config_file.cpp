#include "apps/config_file.h"

#include <set>
#include <sstream>

#include <CLI/CLI.hpp>

#include "apps/suggestion.h"
#include "core/error.h"
#include "io/csv.h"
#include "io/file.h"

namespace radial::apps {
namespace {

// CLI11 takes a # in a quoted text for a comment: comments are cut off here and its own are disabled.
std::string without_comment(const std::string& line) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '"' || line[i] == '\'') {
      quote = line[i];
    } else if (line[i] == '#') {
      return line.substr(0, i);
    }
  }
  return line;
}

// CLI11 passes over lines that it does not understand: they are errors here. Arrays may go on over several lines.
std::string checked(const std::string& text, const std::string& source) {
  std::istringstream in(text);
  std::string out;
  std::set<std::string> keys;  // of the section
  bool in_array = false;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    line = CLI::detail::trim_copy(without_comment(line));
    const bool section = line.starts_with('[') && line.ends_with(']');
    const size_t equals = line.find('=');
    const bool assignment = equals != std::string::npos && equals > 0 && equals + 1 < line.size();
    check(in_array || line.empty() || section || assignment, "config: ", source, ":", number, ": \"", line,
          "\" is neither [section] nor key = value");
    if (!in_array && assignment && !section) {
      const std::string key = CLI::detail::trim_copy(line.substr(0, equals));
      check(keys.insert(key).second, "config: ", source, ":", number, ": \"", key, "\" is there twice");
      in_array = CLI::detail::trim_copy(line.substr(equals + 1)).starts_with('[') && !line.ends_with(']');
    } else if (in_array) {
      in_array = !line.ends_with(']');
    } else if (section) {
      keys.clear();
    }
    out += line + "\n";
  }
  check(!in_array, "config: ", source, ": an array has no end, \"]\"");
  return out;
}

std::vector<std::string> keys_of(const CLI::App& command) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : command.get_options())
    if (option->get_configurable())
      for (const std::string& name : option->get_lnames()) keys.push_back(name);
  return keys;
}

CLI::Option* find_option(CLI::App& command, const std::string& key, const std::string& source) {
  CLI::Option* option = command.get_option_no_throw("--" + key);
  if (option == nullptr) option = command.get_option_no_throw(key);  // a positional
  check(option != nullptr && option->get_configurable(), "config: ", source, ": ", command.get_name(),
        " has no option \"", key, "\"", did_you_mean(key, keys_of(command)));
  return option;
}

void set_option(CLI::Option& option, const CLI::ConfigItem& item) {
  if (option.get_expected_max() <= 1 && item.inputs.size() != 1)
    throw CLI::ConversionError("takes one value, not several");
  if (option.get_expected_min() == 0) {  // a switch
    option.add_result(option.get_flag_value(item.name, item.inputs[0]));
  } else {
    option.add_result(item.inputs);
  }
  option.run_callback();
}

}  // namespace

void apply_config(CLI::App& command, const std::string& text, const std::string& source) {
  std::istringstream in(checked(text, source));
  CLI::ConfigTOML format;
  format.comment('\x01');
  std::set<std::string> seen;
  for (const CLI::ConfigItem& item : format.from_config(in)) {
    const bool ours = item.parents.empty() || item.parents == std::vector{command.get_name()};
    check(ours, "config: ", source, ": section [", CLI::detail::join(item.parents, "."), "] but expected [",
          command.get_name(), "]");
    if (item.name == "++" || item.name == "--") continue;  // where a section begins and ends
    CLI::Option* option = find_option(command, item.name, source);
    check(seen.insert(option->get_name()).second, "config: ", source, ": \"", item.name, "\" is there twice");
    if (!option->empty()) continue;  // the command line goes first
    try {
      set_option(*option, item);
    } catch (const CLI::Error& error) {
      fail(ErrorKind::usage, "config: ", source, ": ", item.name, ": ", error.what());
    }
  }
}

void apply_config_file(CLI::App& command, const std::string& path) {
  std::string text;
  try {
    text = read_text(path);
  } catch (const Error& error) {
    fail(ErrorKind::usage, "config: ", error.what());
  }
  apply_config(command, text, path);
}

std::string toml(const std::string& value) {
  const bool simple = value.find_first_of("\"\\") == std::string::npos;
  check(simple || value.find('\'') == std::string::npos, "config: the text ", value,
        " holds both kinds of quotes, which a configuration file cannot");
  check(value.find('\n') == std::string::npos, "config: the text ", value, " has more than one line");
  return simple ? "\"" + value + "\"" : "'" + value + "'";
}

std::string toml(double value) { return shortest(value); }

std::string toml(bool value) { return value ? "true" : "false"; }

}  // namespace radial::apps
