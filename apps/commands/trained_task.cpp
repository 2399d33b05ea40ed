#include "apps/commands/trained_task.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <fmt/ranges.h>

#include "apps/cli/arguments.h"
#include "core/error.h"
#include "core/parallel.h"
#include "io/weights_file.h"
#include "train/checkpoint.h"
#include "train/precision.h"

namespace radial::apps {
namespace {

constexpr std::array classifying = {"classify", "adversarial", "rebias"};

// Errors of what a file says, not of the command line.
template <class F>
auto of_file(const F& f) {
  try {
    return f();
  } catch (const Error& error) {
    fail(ErrorKind::file_format, "load: ", error.what());
  }
}

}  // namespace

// Radial's own files say how they were trained; those that only name the model still have that in them.
std::unique_ptr<Settings> settings_of(const TensorFile& file, const std::string& path, const std::string& task) {
  if (const std::string config = config_of(file); !config.empty())
    return of_file([&] { return std::make_unique<Settings>(config, path); });
  auto settings = std::make_unique<Settings>(task);
  settings->task->learn_from(file, path);
  return settings;
}

void list_options(OptionList& list, TrainedTaskOptions& options) {
  Option& weights =
      list.add("weights", options.weights, "Weights (safetensors) or a run folder, whose last checkpoint is taken");
  weights.required = true;
  weights.type = "FILE|RUN";
  list.add("task", options.given.train.task, "What was trained, where the weights do not say it", one_of(task_names()));
  list_dtype(list, options.given.train.dtype);
  OptionList own;
  options.given.task->list_options(own);
  for (const Option& option : own.all())
    if (option.in_evaluation) list.add(option).group += ", as in training where nothing is given";
  // Where nothing is given, it is as the weights were trained.
  for (Option& option : list.all()) option.shows_default = false;
  list.group("");
  list_device(list, options.given.train.device);
  list_threads(list, options.given.train.threads);
}

std::string task_of_weights(const std::vector<std::string>& words) {
  if (const auto named = value_in_words(words, "--task")) return *named;
  if (const auto weights = value_in_words(words, "--weights")) try {
      const std::string path = weights_path(*weights);
      const std::string config = config_of({.tensors = {}, .metadata = read_metadata(path)});
      if (const auto task = task_in(config, path)) return *task;
    } catch (const std::exception&) {
    }
  return "classify";
}

std::string other_task_with(const std::string& name, const std::string& task, bool in_evaluation) {
  for (const std::string& other : task_names()) {
    if (other == task) continue;
    OptionList own;
    const auto options = task_options(other);
    options->list_options(own);
    const Option* found = own.find(name);
    if (found == nullptr) found = own.find_negated(name);
    if (found != nullptr && (!in_evaluation || found->in_evaluation))
      return "--" + name + " is an option of --task " + other;
  }
  return "";
}

Weights TrainedTask::weights() const { return {file, path, classes_of(file, path)}; }

TensorFile read_and_tell(const std::string& path) {
  WeightsFile read = read_weights_file(path);
  for (const std::string& note : read.notes) std::fprintf(stderr, "radial: %s\n", note.c_str());
  return first_network(read.file);
}

std::string task_of_file(const TensorFile& file, const std::string& path) {
  return of_file([&] { return task_in(config_of(file), path); }).value_or(classifying.front());
}

bool classifies_pictures(const std::string& task) {
  return std::find(classifying.begin(), classifying.end(), task) != classifying.end();
}

TensorFile read_classifier(const std::string& path, const std::string& command) {
  TensorFile file = read_and_tell(path);
  const std::string task = task_of_file(file, path);
  check(classifies_pictures(task), command, ": ", path, " is of --task ", task, ", but ", command,
        " knows networks that classify pictures (", fmt::format("{}", fmt::join(classifying, ", ")), ")");
  return file;
}

TrainedTask load_trained_task(const TrainedTaskOptions& options, const OptionList& list) {
  set_threads(options.given.train.threads);
  TrainedTask trained;
  trained.path = weights_path(options.weights);
  trained.file = read_and_tell(trained.path);
  trained.settings = settings_of(trained.file, trained.path, options.given.train.task);
  TrainOptions& train = trained.settings->train;
  check(!list.find("task")->given || train.task == options.given.train.task, ErrorKind::file_format, trained.path,
        " was trained with --task ", train.task, " but --task ", options.given.train.task, " was asked for");
  train.device = options.given.train.device;
  trained.settings->task->before_overriding(list);
  OptionList all = trained.settings->list(), of_task;
  options.given.task->list_options(of_task);
  for (const Option& option : list.all()) {
    if (!option.given) continue;
    Option* known = all.find(option.name);
    if (known != nullptr) known->set(option.words);
    check(known != nullptr || of_task.find(option.name) == nullptr, "--", option.name, " is no option of --task ",
          train.task, ", with which ", trained.path, " was trained");
  }
  // What was trained on a GPU has weights in float32, and is used where there is none, too.
  if (!list.find("dtype")->given && train.dtype != "float64" && parse_device(train.device).type == DeviceType::cpu)
    train.dtype = "float32";
  train.init.clear();  // these are the weights now
  train.init_skip.clear();
  train.freeze.clear();
  return trained;
}

}  // namespace radial::apps
