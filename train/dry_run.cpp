#include "train/dry_run.h"

#include <algorithm>

#include "core/host_memory.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace radial {
namespace {

int64_t bytes_of(const TensorFile& file) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors) bytes += static_cast<int64_t>(tensor.bytes());
  return bytes;
}

// Rows of layers.csv and train.csv are of about these lengths.
int64_t csv_bytes(const Trainer& trainer, const TrainOptions& options, int64_t layers) {
  constexpr int64_t layer_row = 190, step_row = 90;
  const int64_t layer_rows = options.record_every > 0 ? std::min<int64_t>(100, trainer.steps_per_epoch()) * layers : 0;
  return options.epochs * (layer_rows * layer_row + trainer.steps_per_epoch() * step_row);
}

}  // namespace

DryRun dry_run(const TrainOptions& options, const Dataset& dataset) {
  TrainOptions once = options;
  once.limit_val = std::min<int64_t>(options.batch_size, dataset.val.size());
  Trainer trainer(once, dataset);
  trainer.begin_epoch();
  trainer.step();
  StepReport report;
  trainer.read_steps([&](const StepReport& step) { report = step; });
  const Stopwatch watch;
  trainer.validate(1, {});
  const double val_seconds = watch.seconds() / static_cast<double>(once.limit_val) *
                             static_cast<double>(options.limit_val > 0 ? options.limit_val : dataset.val.size());

  DryRun run;
  run.device = trainer.device();
  run.parameters = trainer.model().parameter_count();
  run.pictures = trainer.images();
  run.val_pictures = options.limit_val > 0 ? options.limit_val : dataset.val.size();
  run.first_loss = report.score.mean_loss();
  run.step_seconds = report.seconds;
  run.steps_per_epoch = trainer.steps_per_epoch();
  run.seconds = options.epochs * (report.seconds * static_cast<double>(run.steps_per_epoch) + val_seconds);
  const TensorFile file =
      checkpoint_file(trainer.model(), trainer.optimizer(), options, dataset.train.classes, trainer.state);
  // last, those that are kept, the one that is being written, and the best weights
  run.disk_bytes = bytes_of(file) * (2 + options.keep) + bytes_of(weights_alone(file, {})) +
                   csv_bytes(trainer, options, static_cast<int64_t>(trainer.model().parameters().size()));
  run.memory_bytes = peak_memory_bytes(run.device);
  run.host_memory_bytes = peak_memory_bytes();
  return run;
}

}  // namespace radial
