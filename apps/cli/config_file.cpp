#include "apps/cli/config_file.h"

#include <set>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/near_words.h"
#include "core/error.h"
#include "io/file.h"
#include "io/toml.h"

namespace radial::apps {
namespace {

std::vector<std::string> keys_of(const CLI::App& command) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : command.get_options())
    if (option->get_configurable())
      for (const std::string& name : option->get_lnames()) keys.push_back(name);
  return keys;
}

CLI::Option& find_option(CLI::App& command, const TomlEntry& entry, const std::string& source) {
  CLI::Option* option = command.get_option_no_throw("--" + entry.key);
  if (option == nullptr) option = command.get_option_no_throw(entry.key);  // a positional
  check(option != nullptr && option->get_configurable(), "config: ", source, ":", entry.line, ": ", command.get_name(),
        " has no option \"", entry.key, "\"", did_you_mean(entry.key, keys_of(command)));
  return *option;
}

void set_option(CLI::Option& option, const TomlEntry& entry) {
  if (entry.values.empty()) throw CLI::ConversionError("an empty list says nothing; leave the line out");
  if (option.get_expected_max() <= 1 && entry.values.size() != 1)
    throw CLI::ConversionError("takes one value, not several");
  if (option.get_expected_min() == 0) {  // a switch
    option.add_result(option.get_flag_value(entry.key, entry.values[0]));
  } else {
    option.add_result(entry.values);
  }
  option.run_callback();
}

}  // namespace

void apply_config(CLI::App& command, const std::string& text, const std::string& source) {
  std::set<std::string> seen;
  for (const TomlEntry& entry : read_toml(text, source)) {
    const bool ours = entry.section.empty() || entry.section == std::vector{command.get_name()};
    check(ours, "config: ", source, ":", entry.line, ": section [", CLI::detail::join(entry.section, "."),
          "] but expected [", command.get_name(), "]");
    CLI::Option& option = find_option(command, entry, source);
    check(entry.key != "config", "config: ", source, ":", entry.line, ": a configuration file names no other");
    check(seen.insert(option.get_name()).second, "config: ", source, ":", entry.line, ": \"", entry.key,
          "\" is there twice");
    if (!option.empty()) continue;  // the command line goes first
    try {
      set_option(option, entry);
    } catch (const CLI::Error& error) {
      fail(ErrorKind::usage, "config: ", source, ":", entry.line, ": ", entry.key, ": ", error.what());
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

}  // namespace radial::apps
