#include "experiments/experiment.h"

#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/joined.h"
#include "core/parallel.h"
#include "experiments/files.h"
#include "io/configuration.h"
#include "tasks/tasks.h"

namespace radial {

namespace {

const std::string& known(const std::string& task) {
  add_tasks();
  return task;
}

Option& option_called(OptionList& options, const std::string& name, const std::string& source) {
  Option* option = options.find(name);
  check(option != nullptr, ErrorKind::internal, source, ": there is no option --", name);
  return *option;
}

// As a command line has it.
void append(std::vector<std::string>& words, const Option& option) {
  if (option.values == 0) {
    words.push_back((option.text() == "true" ? "--" : "--no-") + option.name);
    return;
  }
  if (!option.argument) words.push_back("--" + option.name);
  words.insert(words.end(), option.words.begin(), option.words.end());
}

}  // namespace

Experiment Experiment::called(const std::string& name) {
  return {experiment_file(name), "experiments/" + name + ".toml"};
}

Experiment::Experiment(std::string_view text, const std::string& source)
    : source_(source), entries_(read_toml(text, source)) {}

std::vector<std::string> Experiment::names(const std::string& of) const {
  std::vector<std::string> names;
  for (const TomlEntry& entry : entries_) {
    if (entry.section.size() != 2 || entry.section[0] != of) continue;
    if (names.empty() || names.back() != entry.section[1]) names.push_back(entry.section[1]);
  }
  return names;
}

std::optional<std::string> Experiment::find(const std::string& section, const std::string& key) const {
  for (const TomlEntry& entry : entries_)
    if (entry.key == key && joined(entry.section, ".") == section) return entry.values.at(0);
  return std::nullopt;
}

std::string Experiment::text(const std::string& section, const std::string& key) const {
  const std::optional<std::string> found = find(section, key);
  check(found.has_value(), ErrorKind::internal, source_, ": there is no ", key, " in [", section, "]");
  return *found;
}

void Experiment::apply(OptionList& options, std::initializer_list<std::string> sections) const {
  for (const std::string& section : sections)
    for (const TomlEntry& entry : entries_)
      if (joined(entry.section, ".") == section) option_called(options, entry.key, source_).set(entry.values);
}

void list_run_options(OptionList& list, const std::vector<std::string>& names, Settings& shown,
                      const Experiment& experiment, std::initializer_list<std::string> sections) {
  OptionList all = shown.list();
  experiment.apply(all, sections);
  for (const std::string& name : names) {
    Option& option = list.add(*all.find(name));
    option.given = false;
    option.group = "Of the runs, as in radial train";
  }
}

PlannedRun::PlannedRun(const std::string& task) : settings(known(task)), options(settings.list()) {
  if (task != TrainOptions().task) set("task", task);  // a part of words()
}

void PlannedRun::set(const std::string& option, const std::string& value) {
  option_called(options, option, "experiment").set({value});
}

void PlannedRun::set_given(const OptionList& command_line, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (const Option* given = command_line.find(name); given != nullptr && given->given)
      option_called(options, name, "experiment").set(given->words);
}

void PlannedRun::train_in(const std::string& folder) {
  set(std::filesystem::exists(std::filesystem::path(folder) / "config.toml") ? "resume" : "out", folder);
}

std::vector<std::string> PlannedRun::words() const {
  std::vector<std::string> words = {"train"};
  for (const Option& option : options.all())
    if (option.given) append(words, option);
  return words;
}

std::string PlannedRun::settings_text() const {
  static const std::set<std::string> elsewhere = {"seed", "threads", "workers", "device", "init"};
  std::vector<std::string> words;
  for (const Option& option : options.all())
    if (option.given && !option.argument && option.role != Role::call && !elsewhere.contains(option.name))
      append(words, option);
  return joined(words, " ");
}

void PlannedRun::open() {
  const std::string& run = settings.train.resume;
  if (!run.empty()) apply_configuration_file(options, "train", RunFolder::config_of(run));
  settings.resolve();
  if (!run.empty()) check_same_options(run, settings);
  set_threads(settings.train.threads);
  open_data(settings);
}

RunOutcome PlannedRun::train(const Surroundings& surroundings) {
  open();
  return settings.train.resume.empty() ? start_run(settings, surroundings) : go_on_with_run(settings, surroundings);
}

}  // namespace radial
