// The training itself: model, optimizer, pictures and measurements, a step at a time. Knows of no file and no terminal.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/layer_recorder.h"
#include "apps/evaluation.h"
#include "apps/train_options.h"
#include "apps/training_state.h"
#include "core/error.h"
#include "data/loader.h"
#include "nn/module.h"
#include "optim/optimizer.h"

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

struct StepReport {
  Score score;                           // of the step's pictures, before the weights changed
  double seconds = 0;                    // from the end of the step before
  double data_wait = 0;                  // share of it, 0 to 1, spent waiting for pictures
  std::span<const LayerMeasure> layers;  // rows for layers.csv: empty at most steps
};

class Trainer {
 public:
  // Options are resolved, classes included; both must outlive the trainer. Throws Error(usage) if they do not fit.
  Trainer(const TrainOptions& options, const Dataset& dataset);

  Module& model() { return *model_; }
  Optimizer& optimizer() { return *optimizer_; }
  int64_t batches() const { return train_loader_.batches(); }  // of an epoch
  int64_t images() const { return train_loader_.images(); }
  int64_t val_images() const { return val_loader_.images(); }
  int64_t steps_per_epoch() const;

  TrainingState state;  // step() and validate() move it; a resumed training sets it

  // Goes to state.epoch and state.batch.
  void begin_epoch();
  // The gradient of the next batches and one step; nothing at the end of the epoch. Throws NonFiniteLoss.
  std::optional<StepReport> step();
  // Evaluates; false if the hook stopped it. Sets state.last, and state.best if it is the first or better.
  bool validate(int epoch, const EvaluationHooks& hooks);
  void end_epoch();  // state stands at the beginning of the next

  std::vector<BadImage> take_bad_images();  // skipped since the last call

 private:
  std::vector<Batch> next_batches();
  Score gradients(const std::vector<Batch>& batches);
  [[noreturn]] void explain(const Batch& batch, double loss);
  void check_last_batch() const;
  bool layers_due() const;

  const TrainOptions& options_;
  const Dataset& dataset_;
  Loader train_loader_, val_loader_;
  std::unique_ptr<Module> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<LayerRecorder> recorder_;
  ScheduleOptions schedule_;
  int64_t layers_every_ = 0;
  size_t train_bad_ = 0, val_bad_ = 0;  // of the loaders' lists, already taken
};

}  // namespace radial::apps
