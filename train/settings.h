// All options of a training: the common ones and the task's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/options.h"
#include "train/task_options.h"

namespace radial {

class Settings {
 public:
  explicit Settings(const std::string& task = "classify");
  // What the text of a config.toml says; `source` is for messages.
  Settings(const std::string& configuration, const std::string& source);

  TrainOptions train;
  std::unique_ptr<TaskOptions> task;

  OptionList list();         // of this object, which must stay where it is
  void resolve();            // both
  std::string text();        // of config.toml: what makes this training what it is, ready for --config
  std::string name() const;  // of a run: "resnet18-sgdp"
};

// What may not change when a run goes on, but does: "--lr 0.2 (the run has 0.1)".
std::vector<std::string> changed_options(Settings& run, Settings& now);
std::vector<std::string> options_that_may_change(Settings& settings);  // "--epochs", ..., beside DATA

// The task that a configuration names; nothing if it names none.
std::optional<std::string> task_in(const std::string& configuration, const std::string& source);

}  // namespace radial
