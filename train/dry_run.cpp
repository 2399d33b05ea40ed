#include "train/dry_run.h"

#include <fmt/format.h>

#include "apps/bench/bench.h"
#include "apps/cli/progress.h"
#include "core/gpu_names.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace radial::apps {
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

int dry_run(const TrainOptions& options, const Dataset& dataset) {
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

  const TensorFile file =
      checkpoint_file(trainer.model(), trainer.optimizer(), options, dataset.train.classes, trainer.state);
  const auto layers = static_cast<int64_t>(trainer.model().parameters().size());
  // last, those that are kept, the one that is being written, and the best weights
  const int64_t disk =
      bytes_of(file) * (2 + options.keep) + bytes_of(weights_alone(file, {})) + csv_bytes(trainer, options, layers);
  const double epoch_seconds = report.seconds * static_cast<double>(trainer.steps_per_epoch()) + val_seconds;
  fmt::print("model       {}, {} parameters\n", options.arch, trainer.model().parameter_count());
  fmt::print("data        {} classes, {} training and {} validation pictures\n", dataset.train.classes.size(),
             trainer.images(), options.limit_val > 0 ? options.limit_val : dataset.val.size());
  fmt::print("first loss  {:.4f}\n", report.score.mean_loss());
  fmt::print("time        {:.2f} s for the first step (with start-up), {} steps an epoch, about {} in all\n",
             report.seconds, trainer.steps_per_epoch(), duration_text(epoch_seconds * options.epochs));
  const auto gigabytes = [](int64_t bytes) { return static_cast<double>(bytes) / 1e9; };
  if (const Device device = trainer.device(); device.type == DeviceType::cuda)
    fmt::print("memory      {:.2f} GB of {}, {:.2f} GB of the host\n", gigabytes(peak_memory_bytes(device)),
               gpu_name(device), gigabytes(peak_memory_bytes()));
  else
    fmt::print("memory      {:.2f} GB\n", gigabytes(peak_memory_bytes()));
  fmt::print("disk        about {:.2f} GB\n", static_cast<double>(disk) / 1e9);
  return 0;
}

}  // namespace radial::apps
