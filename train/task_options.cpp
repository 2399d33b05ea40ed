#include "train/task_options.h"

#include <algorithm>

#include "core/error.h"
#include "io/onnx.h"
#include "nn/summary.h"

namespace radial {
namespace {

std::vector<TaskEntry>& table() {
  static std::vector<TaskEntry> entries;
  return entries;
}

auto find_task(const std::string& name) {
  return std::find_if(table().begin(), table().end(), [&](const TaskEntry& task) { return task.name == name; });
}

}  // namespace

void Predictor::write_sheet(const std::string& path) {
  fail(ErrorKind::usage, "predict: the task of these weights draws no sheet (", path, ")");
}
void Predictor::leave_out_below(double) { fail(ErrorKind::usage, "--min-score is an option of --task detect"); }

void Predictor::draw_into(const std::string&) { fail(ErrorKind::usage, "--draw is an option of --task detect"); }

ModelSummary TaskOptions::summary(const TrainOptions& train, const Weights& weights) {
  fail(ErrorKind::usage, "inspect: ", weights.path, " is of --task ", train.task, ", which knows no summary");
}

OnnxModel TaskOptions::onnx(const TrainOptions& train, const Weights& weights, bool) {
  fail(ErrorKind::usage, "export: ", weights.path, " is of --task ", train.task, " (", network(),
       "), whose networks cannot be exported; those that classify pictures can");
}

void add_task(const TaskEntry& task) {
  if (find_task(task.name) == table().end()) table().push_back(task);
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const TaskEntry& task : table()) names.push_back(task.name);
  return names;
}

std::string task_summaries() {
  std::string text;
  for (const TaskEntry& task : table()) text += (text.empty() ? "" : "; ") + task.name + ": " + task.summary;
  return text;
}

std::unique_ptr<TaskOptions> task_options(const std::string& name) {
  const auto found = find_task(name);
  check(found != table().end(), "--task: got ", name, " but expected ",
        table().empty() ? "a task that was added" : one_of(task_names()).expected(name));
  return found->options();
}

}  // namespace radial
