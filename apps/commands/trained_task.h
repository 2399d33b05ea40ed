// Weights from a file or a run folder with the options that they were trained with: for evaluate and predict.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/settings.h"

namespace radial::apps {

// What the command line says; the rest comes from the weights, if Radial wrote them, else from the task's defaults.
struct TrainedTaskOptions {
  explicit TrainedTaskOptions(const std::string& task) : given(task) {}

  std::string weights;  // FILE or RUN, of which the last checkpoint is taken
  Settings given;       // of which those options count that the command line has
};

// --weights, --task, the task's own, --dtype, --device and --threads.
void list_options(OptionList& list, TrainedTaskOptions& options);

// Which task's options a command has: that of --task, or that of the file or run of --weights. What cannot be read is
// told when the options are.
std::string task_of_weights(const std::vector<std::string>& words);

// For Command::hint: that another task has an option of this name; "" if none has.
std::string other_task_with(const std::string& name, const std::string& task, bool in_evaluation);

// The weights of a file in any format (io/weights_file.h), of two networks those of the first; what is to know about
// it goes to stderr.
TensorFile read_and_tell(const std::string& path);
// The task of such a file, "classify" where it does not say; whether its networks classify pictures.
std::string task_of_file(const TensorFile& file, const std::string& path);
bool classifies_pictures(const std::string& task);
// For a command that knows such networks alone. Throws Error(usage) for those of other tasks.
TensorFile read_classifier(const std::string& path, const std::string& command);

// How such a file was trained, or the defaults of the task.
std::unique_ptr<Settings> settings_of(const TensorFile& file, const std::string& path, const std::string& task);

struct TrainedTask {
  std::string path;
  TensorFile file;
  std::unique_ptr<Settings> settings;  // with which the weights were trained, and those of the command line

  Weights weights() const;
};

// `list` is the command's, after it was parsed.
TrainedTask load_trained_task(const TrainedTaskOptions& options, const OptionList& list);

}  // namespace radial::apps
