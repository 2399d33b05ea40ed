// What an experiment trains, and with which settings. They are data: experiments/NAME.toml, a part of the program, in
// the format of configuration files (io/configuration.h), with sections that are laid over one another:
//
//   [all]              # of every run
//   lr = 0.1
//   [small]            # for two cores; [full]: the paper's
//   epochs = 12
//   [run.sgdp]         # a run
//   optimizer = "sgdp"
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "io/options.h"
#include "io/toml.h"
#include "train/begin_run.h"
#include "train/settings.h"

namespace radial {

class Experiment {
 public:
  static Experiment called(const std::string& name);  // "figure3"
  Experiment(std::string_view text, const std::string& source);

  std::vector<std::string> names(
      const std::string& of) const;  // "row": those of [row.<name>], in the order of the file
  std::vector<std::string> runs() const { return names("run"); }

  // What is no option of a training: the value of a key. Throws Error(internal) where there is none.
  std::string text(const std::string& section, const std::string& key) const;
  std::string text(const std::string& section, const std::string& key, const std::string& otherwise) const;

  // Gives options what the sections say of them, later sections over earlier ones.
  void apply(OptionList& options, std::initializer_list<std::string> sections) const;

 private:
  std::string source_;
  std::vector<TomlEntry> entries_;
};

// Those of a training that a command takes for all of its runs, with the values that `sections` give them; `shown` must
// stay where it is.
void list_run_options(OptionList& list, const std::vector<std::string>& names, Settings& shown,
                      const Experiment& experiment, std::initializer_list<std::string> sections);

// A training of an experiment: its settings, and their options, by which sections and command lines set them.
struct PlannedRun {
  explicit PlannedRun(const std::string& task = "classify");
  PlannedRun(const PlannedRun&) = delete;
  PlannedRun& operator=(const PlannedRun&) = delete;

  Settings settings;
  OptionList options;

  void set(const std::string& option, const std::string& value);
  void set_given(const OptionList& command_line, const std::vector<std::string>& names);  // where they were given

  // In a new folder, or one with a run that goes on; such a run has these options: Error(usage) else. The words are
  // those of the command that does the same: "train", "DATA", "--lr", "0.1" ...
  void train_in(const std::string& folder);
  std::vector<std::string> words() const;
  // What decides the result, on any machine: "--lr 0.1 ...", as they were set; without data, folder, seed
  // and the place of --init.
  std::string settings_text() const;
  void open();  // resolves the settings, opens the data
  RunOutcome train(const Surroundings& surroundings);
};

}  // namespace radial
