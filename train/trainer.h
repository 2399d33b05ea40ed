// The training itself: model, optimizer, pictures and measurements, a step at a time. Knows of no file and no terminal.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/layer_recorder.h"
#include "core/error.h"
#include "data/loader.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "train/evaluation.h"
#include "train/gradient_graph.h"
#include "train/step_report.h"
#include "train/stopwatch.h"
#include "train/train_options.h"
#include "train/training_state.h"

namespace radial::apps {

// A loss that is NaN or infinite: where it began, and the pictures of the batch.
class NonFiniteLoss : public Error {
 public:
  NonFiniteLoss(const std::string& message, std::string where, std::vector<std::string> pictures)
      : Error(ErrorKind::non_finite, message), where_(std::move(where)), pictures_(std::move(pictures)) {}
  const std::string& where() const { return where_; }
  const std::vector<std::string>& pictures() const { return pictures_; }

 private:
  std::string where_;
  std::vector<std::string> pictures_;
};

class Trainer {
 public:
  // Options are resolved, classes included; both must outlive the trainer. Throws Error(usage) if they do not fit.
  Trainer(const TrainOptions& options, const Dataset& dataset);

  Device device() const { return device_; }
  Module& model() { return *model_; }
  Optimizer& optimizer() { return *optimizer_; }
  int64_t batches() const { return train_loader_.batches(); }  // of an epoch
  int64_t images() const { return train_loader_.images(); }
  int64_t val_images() const { return val_loader_.images(); }
  int64_t steps_per_epoch() const;

  TrainingState state;  // step(), read_steps() and validate() move it; a resumed training sets it

  // Goes to state.epoch and state.batch.
  void begin_epoch();
  // The gradient of the next batches and one step; false at the end of the epoch. On a CPU a loss that is not finite
  // throws NonFiniteLoss before the step; on a GPU it is seen when it is read.
  bool step();
  // Whether weights, optimizer and `state` belong together, so that they may be saved. Not where step() or read_steps()
  // threw half way: running statistics move in the forward pass, parameters one after another.
  bool consistent() const { return !half_way_; }
  double waited() const { return waited_; }  // seconds that the last step() waited for pictures

  // Whether the numbers of the last steps should be read: on a CPU after each step, on a GPU now and then.
  bool readings_due() const;
  // Waits for the device and hands over the steps that were made since, in order; sums, averages and times of `state`
  // know of them only then. Throws NonFiniteLoss at the first whose loss is not finite. Before state is saved, and at
  // the end of an epoch.
  void read_steps(const std::function<void(const StepReport&)>& report);
  // Evaluates; false if the hook stopped it. Sets state.last, and state.best if it is the first or better.
  bool validate(int epoch, const EvaluationHooks& hooks);
  void end_epoch();  // state stands at the beginning of the next

  std::vector<BadImage> take_bad_images();  // skipped since the last call

 private:
  // A step whose numbers are still on the device.
  struct PendingStep {
    StepReport report;
    size_t batches = 0;                // their scores are the next of scores_
    std::vector<int64_t> pictures;     // indices of the samples
    std::optional<StepRecord> record;  // of its layers
    bool layers_due = false;
  };

  std::vector<Batch> next_batches();
  void gradients(const std::vector<Batch>& batches);
  void check_last_batch();
  void take_unusable(std::vector<BadImage>& fresh);
  void measure(PendingStep& step, std::span<const Score> scores);
  // `where` is for result.json, `what` for the message.
  [[noreturn]] void non_finite(int64_t step, double loss, const std::string& where, const std::string& what,
                               std::span<const int64_t> pictures) const;

  const TrainOptions& options_;
  const Dataset& dataset_;
  const Device device_;
  const NetworkInput input_;
  Loader train_loader_, val_loader_;
  std::unique_ptr<Layer> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<LayerRecorder> recorder_;
  std::optional<GradientGraph> graph_;  // on a GPU, unless --no-cuda-graph says so
  ScheduleOptions schedule_;
  int64_t layers_every_ = 0;
  PendingScores scores_;
  std::vector<PendingStep> pending_;
  Stopwatch since_reading_;
  double pending_seconds_ = 0, pending_wait_ = 0;  // of the pending steps
  double waited_ = 0;
  bool half_way_ = false;
  size_t train_bad_ = 0, val_bad_ = 0;  // of the loaders' lists, already taken
  bool unusable_taken_ = false;
  bool needs_two_rows_ = false;         // batches of a single picture are passed over
  std::vector<int64_t> lone_pictures_;  // of such batches, not yet taken
};

}  // namespace radial::apps
