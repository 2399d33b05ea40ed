#include "io/configuration.h"

#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/joined.h"
#include "core/near_words.h"
#include "io/file.h"
#include "io/toml.h"

namespace radial {
namespace {

// Of the value of a switch.
std::vector<std::string> opposite(std::vector<std::string> words) {
  for (std::string& word : words) {
    bool value = false;
    detail::read_value(word, value);
    word = value ? "false" : "true";
  }
  return words;
}

}  // namespace

void apply_configuration(OptionList& list, const std::string& section, const std::string& text,
                         const std::string& source) {
  std::set<std::string> seen;
  for (const TomlEntry& entry : read_toml(text, source)) {
    const auto check_entry = [&](bool good, const auto&... parts) {
      check(good, "config: ", source, ":", entry.line, ": ", parts...);
    };
    check_entry(entry.section.empty() || entry.section == std::vector{section}, "section [", joined(entry.section, "."),
                "] but expected [", section, "]");
    Option* option = list.find(entry.key);
    Option* negated = option == nullptr ? list.find_negated(entry.key) : nullptr;
    if (negated != nullptr) option = negated;
    check_entry(option != nullptr, section, " has no option \"", entry.key, "\"",
                did_you_mean(entry.key, list.names()));
    check_entry(entry.key != "config", "a configuration file names no other");
    check_entry(seen.insert(option->name).second, "\"", entry.key, "\" is there twice");
    if (option->given) continue;  // what was said before goes first
    try {
      option->set(negated == nullptr ? entry.values : opposite(entry.values));
    } catch (const Error& error) {
      check_entry(false, error.what());
    }
  }
}

std::string read_configuration(const std::string& path) {
  check(std::filesystem::exists(path), "config: ", path, " is not there");
  return read_text(path);
}

void apply_configuration_file(OptionList& list, const std::string& section, const std::string& path) {
  apply_configuration(list, section, read_configuration(path), path);
}

std::string configuration_text(const OptionList& list, const std::string& section) {
  std::string text = "[" + section + "]\n";
  for (const Option& option : list.all())
    if (option.role != Role::call)
      if (const std::string value = option.text(); !value.empty()) text += option.name + " = " + value + "\n";
  return text;
}

std::vector<std::string> differences(const OptionList& run, const OptionList& now) {
  std::vector<std::string> changes;
  const auto shown = [](const std::string& value) { return value.empty() ? "none" : value; };
  for (size_t i = 0; i < run.all().size(); ++i) {
    const Option& option = run.all()[i];
    if (option.role != Role::training) continue;
    const std::string before = option.text(), after = now.all()[i].text();
    if (before != after)
      changes.push_back("--" + option.name + " " + shown(after) + " (the run has " + shown(before) + ")");
  }
  return changes;
}

}  // namespace radial
