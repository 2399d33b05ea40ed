// The options of a task, and the way from them to the task.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/options.h"
#include "io/safetensors.h"
#include "train/options.h"
#include "train/task.h"

namespace radial {

struct ModelSummary;
struct OnnxModel;

// A weights file, and what it says of the outputs' names.
struct Weights {
  const TensorFile& file;
  std::string path;  // for messages
  std::vector<std::string> classes = {};
};

// Answers to single files, as `radial predict` prints them.
class Predictor {
 public:
  struct Answer {
    std::string json, text;  // a line each
  };
  virtual ~Predictor() = default;
  virtual Answer predict(const std::string& file) = 0;  // throws BadSample for a file that it cannot use
  // All answers so far as a picture (PNG). Throws Error(usage) where the task draws none.
  virtual void write_sheet(const std::string& path);
  // Of detectors; the others throw Error(usage).
  virtual void leave_out_below(double score);
  virtual void draw_into(const std::string& folder);  // a copy of each file as PNG, with what was found
};

class TaskOptions {
 public:
  TaskOptions() = default;
  TaskOptions(const TaskOptions&) = delete;
  TaskOptions& operator=(const TaskOptions&) = delete;
  virtual ~TaskOptions() = default;

  virtual void list_options(OptionList& list) = 0;  // of names that TrainOptions does not have
  virtual std::string network() const = 0;          // "resnet18": part of the name of a run
  // Fills in what follows from other options. Throws Error(usage) for options that contradict each other.
  virtual void resolve(const TrainOptions& /*train*/) {}
  // Evaluate and predict: this object has the options that the weights were trained with, and some of them are about to
  // be replaced by those that the command line gives. Here others may go back to what follows from them.
  virtual void before_overriding(const OptionList& /*given*/) {}
  // The same for a weights file without options (torchvision's, say): takes over what its tensors and metadata tell of
  // the network.
  virtual void learn_from(const TensorFile& /*file*/, const std::string& /*path*/) {}

  // Opens the data, and fills in what they say (classes).
  virtual void open_data(const TrainOptions& train) = 0;
  // To train on the data that were opened: makes the network with its initial values, on its device.
  virtual std::unique_ptr<Task> open(const TrainOptions& train) = 0;
  // To evaluate weights on a split of the data: "train" or "val".
  virtual std::unique_ptr<Task> open_for_evaluation(const TrainOptions& train, const std::string& split,
                                                    const Weights& weights) = 0;
  // With the `top` best answers of each. Throws Error(usage) where the task predicts nothing.
  virtual std::unique_ptr<Predictor> predictor(const TrainOptions& train, const Weights& weights, int top) = 0;
  // The network layer by layer, for one sample as it sees them. Throws Error(usage) where the task knows no summary.
  virtual ModelSummary summary(const TrainOptions& train, const Weights& weights);
  // The network in evaluation as an ONNX file has it (nn/onnx_graph.h), for pictures that are normalised, or with
  // `normalise` for pixels from 0 to 1. Throws Error(usage) where the task's networks cannot be exported.
  virtual OnnxModel onnx(const TrainOptions& train, const Weights& weights, bool normalise);
};

struct TaskEntry {
  std::string name, summary;
  std::function<std::unique_ptr<TaskOptions>()> options;
};

// The tasks that this program knows. tasks/tasks.h adds Radial's own; a program may add more.
void add_task(const TaskEntry& task);  // nothing if there is one of that name
std::vector<std::string> task_names();
std::string task_summaries();                                        // "classify: pictures into classes"
std::unique_ptr<TaskOptions> task_options(const std::string& name);  // Error(usage) with the closest name

}  // namespace radial
