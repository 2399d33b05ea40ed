#include "train/settings.h"

#include "io/configuration.h"

namespace radial {
namespace {

constexpr const char* section = "train";

}  // namespace

Settings::Settings(const std::string& task_name) : task(task_options(task_name)) { train.task = task_name; }

Settings::Settings(const std::string& configuration, const std::string& source)
    : Settings(task_in(configuration, source).value_or("classify")) {  // runs of before name none
  OptionList all = list();
  apply_configuration(all, section, configuration, source);
}

OptionList Settings::list() {
  OptionList list;
  list_data_options(list, train);
  task->list_options(list);
  list_training_options(list, train);
  return list;
}

void Settings::resolve() {
  radial::resolve(train);
  task->resolve(train);
}

std::string Settings::text() { return configuration_text(list(), section); }

std::string Settings::name() const { return task->network() + "-" + train.optimizer.name; }

std::vector<std::string> changed_options(Settings& run, Settings& now) {
  if (run.train.task != now.train.task) return {"--task " + now.train.task + " (the run has " + run.train.task + ")"};
  return differences(run.list(), now.list());
}

std::vector<std::string> options_that_may_change(Settings& settings) {
  std::vector<std::string> names;
  const OptionList list = settings.list();
  for (const Option& option : list.all())
    if (option.role != Role::training && !option.argument && option.group != "Run") names.push_back("--" + option.name);
  return names;
}

std::optional<std::string> task_in(const std::string& configuration, const std::string& source) {
  for (const TomlEntry& entry : read_toml(configuration, source))
    if (entry.key == "task" && entry.values.size() == 1) return entry.values[0];
  return std::nullopt;
}

}  // namespace radial
