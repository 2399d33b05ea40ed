// The training itself: networks, optimizers and measurements, a step at a time. Knows of no file and no terminal, and
// of what is trained only what a Task says.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/layer_recorder.h"
#include "analysis/norm_record.h"
#include "dist/cards.h"
#include "dist/group.h"
#include "dist/share.h"
#include "train/batch_gradients.h"
#include "train/batch_statistics.h"
#include "train/checkpoint.h"
#include "train/options.h"
#include "train/skipped_samples.h"
#include "train/step_report.h"
#include "train/stopwatch.h"
#include "train/task.h"
#include "train/training_state.h"

namespace radial {

class Trainer {
 public:
  // Options are resolved; all must outlive the trainer. Throws Error(usage) if they do not fit. The group's ranks share
  // out the batches of each step; all else each of them does alike.
  Trainer(const TrainOptions& options, Task& task, Group& group = world());

  Device device() const { return device_; }
  Task& task() { return task_; }
  Group& group() { return group_; }
  std::span<Player> players() { return players_; }       // in the order of the task's parties
  int64_t batches() const { return loader_.batches(); }  // of an epoch
  int64_t steps_per_epoch() const;
  const std::vector<std::string>& frozen() const { return frozen_; }  // names of parameters that are not trained

  // Lets the ranks' cards exchange gradients among themselves, where they can: all ranks together, before the first
  // step.
  void link_cards();
  const std::string& exchange() const { return exchange_; }  // how, for people; "" on CPUs, and alone

  TrainingState state;  // step(), read_steps() and validate() move it; a resumed training sets it

  // Goes to state.epoch and state.batch.
  void begin_epoch();
  // The gradients of the next batches and one step; false at the end of the epoch. On a CPU a loss that is not finite
  // throws NonFiniteLoss before the step; on a GPU it is seen when it is read.
  bool step();
  // Whether weights, optimizer and `state` belong together, so that they may be saved. Not where step() or read_steps()
  // threw half way: running statistics move in the forward pass, parameters one after another.
  bool consistent() const { return !half_way_; }
  double waited() const { return waited_; }  // seconds that the last step() waited for samples

  // Whether the numbers of the last steps should be read: on a CPU after each step, on a GPU now and then.
  bool readings_due() const;
  // Waits for the device and hands over the steps that were made since, in order; sums, averages and times of `state`
  // know of them only then. Throws NonFiniteLoss at the first whose loss is not finite. Before state is saved, and at
  // the end of an epoch.
  void read_steps(const std::function<void(const StepReport&)>& report);
  // Evaluates, and once more with the averages of --ema-decay; nothing if the hook stopped it. Sets state.last.
  std::optional<Evaluation> validate(int epoch, const EvaluationHooks& hooks);
  // Throws Error(internal) unless all ranks have the same weights; state goes to the beginning of the next epoch.
  // state.best becomes the one that ended if it is the first, or if its result that decides (TaskFacts::decides) is
  // higher.
  void end_epoch();

  std::vector<BadSample::Entry> take_bad() { return skipped_.take(state, group_); }  // skipped since the last call

 private:
  // A step whose numbers are still on the device.
  struct PendingStep {
    StepReport report;
    size_t batches = 0;               // their numbers are the next of numbers_
    std::vector<int64_t> samples;     // their numbers in the data
    std::vector<StepRecord> records;  // of the layers of each party; none where the step was not recorded
    size_t first_party = 0;           // layers of the report that are the first party's
    bool layers_due = false;
    Tensor grad_norm;  // float64 [1]
    NormRecord averages;
  };

  // The batches of a step, which have the numbers [first, end).
  struct StepBatches {
    int64_t first = 0, end = 0;
    std::vector<Batch> own;  // of this rank
    struct Known {
      int64_t number = 0;
      std::vector<int64_t> samples;
    };
    std::vector<Known> all;  // that hold samples, in order
  };

  StepBatches next_batches();
  std::vector<StepBatches::Known> known_to_all(const std::vector<Batch>& own);
  Share share(int rank, const StepBatches& step) const;
  void gradients(size_t party, const StepBatches& step, std::vector<Tensor>& numbers);
  void gradient(const Batch& batch, const Turn& turn, Tensor& numbers);
  void gather_numbers(const StepBatches& step, std::vector<Tensor>& numbers);
  void average_first_player();
  void check_last_batch();
  void measure(PendingStep& step, std::span<const BatchNumbers> batches);
  std::optional<Evaluation> evaluate(EvaluationHooks hooks);
  EpochResult result_of(int epoch, const Evaluation& evaluation) const;
  // `where` is for result.json, `what` for the message.
  [[noreturn]] void non_finite(int64_t step, double loss, const std::string& where, const std::string& what,
                               std::span<const int64_t> samples) const;

  const TrainOptions& options_;
  Task& task_;
  Group& group_;
  std::unique_ptr<Group> cards_;  // the same ranks, by which gradients go from card to card
  std::string exchange_;
  Loader& loader_;
  const Device device_;
  const std::vector<std::string> frozen_;
  std::vector<Player> players_;
  std::vector<LayerRecorder> recorders_;  // of each player; none with --record-every 0
  std::vector<Tensor> averaged_;          // of the first player: what its recorder measures
  BatchGradients gradients_;
  std::optional<BatchStatistics> statistics_;  // where a step has several batches
  int64_t layers_every_ = 0;
  PendingNumbers numbers_;
  std::vector<PendingStep> pending_;
  Stopwatch since_reading_;
  double pending_seconds_ = 0, pending_wait_ = 0;  // of the pending steps
  double waited_ = 0;
  bool half_way_ = false;
  SkippedSamples skipped_;
  bool needs_two_rows_ = false;  // batches of a single sample are passed over
};

}  // namespace radial
