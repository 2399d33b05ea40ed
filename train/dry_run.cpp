#include "train/dry_run.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/host_memory.h"
#include "train/begin_run.h"
#include "train/together.h"
#include "train/trainer.h"

namespace radial {
namespace {

int64_t bytes_of(const TensorFile& file) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors) bytes += static_cast<int64_t>(tensor.bytes());
  return bytes;
}

// Rows of layers.csv and train.csv are of about these lengths, with what TensorBoard gets of them.
int64_t row_bytes(const Trainer& trainer, const TrainOptions& options, int64_t layers) {
  const int64_t layer_row = options.tensorboard ? 280 : 190, step_row = options.tensorboard ? 250 : 90;
  const int64_t layer_rows = options.record_every > 0 ? std::min<int64_t>(100, trainer.steps_per_epoch()) * layers : 0;
  return options.epochs * (layer_rows * layer_row + trainer.steps_per_epoch() * step_row);
}

int64_t most(Group& group, int64_t own) {
  const std::vector<int64_t> all = joined_ranks<int64_t>(group, std::span<const int64_t>(&own, 1));
  return *std::max_element(all.begin(), all.end());
}

}  // namespace

DryRun dry_run(Settings& settings, Group& group) {
  const TrainOptions& options = settings.train;
  std::unique_ptr<Task> opened;
  std::optional<Trainer> made;
  std::string data;
  together(group, [&] {
    opened = settings.task->open(options);
    made.emplace(options, *opened, group);
    data = opened->describe_data();
  });
  Task& task = *opened;
  Trainer& trainer = *made;
  check_same_beginning(group, settings, task, data);
  trainer.link_cards();
  trainer.begin_epoch();
  trainer.step();
  StepReport report;
  together(group, [&] { trainer.read_steps([&](const StepReport& step) { report = step; }); });
  const Stopwatch watch;
  int64_t batches = 0, all_batches = 0;
  trainer.validate(1, {.stop = [&] { return batches > 0; },
                       .progress =
                           [&](int64_t batch, int64_t all) {
                             batches = batch;
                             all_batches = all;
                           }});
  const double val_seconds = watch.seconds() * static_cast<double>(all_batches) / static_cast<double>(batches);

  DryRun run;
  run.device = trainer.device();
  run.network = task.facts().network;
  run.data = task.facts().data;
  run.notes = task.facts().notes;
  int64_t tensors = 0;
  for (const Party& party : task.parties()) tensors += std::ssize(party.network->parameters());
  run.first_loss = report.sums.of(0, task.facts().measures);
  run.step_seconds = report.seconds;
  run.steps_per_epoch = trainer.steps_per_epoch();
  run.seconds = options.epochs * (report.seconds * static_cast<double>(run.steps_per_epoch) + val_seconds);
  const TensorFile file = checkpoint_file(task, trainer.players(), settings.text(), trainer.state);
  // last, those that are kept, the one that is being written, the best weights and the averages
  run.disk_bytes = bytes_of(file) * (2 + options.keep) + bytes_of(weights_alone(file, {})) +
                   bytes_of(averages_alone(file, {})) + row_bytes(trainer, options, tensors);
  run.memory_bytes = most(group, peak_memory_bytes(run.device));
  run.host_memory_bytes = most(group, peak_memory_bytes());
  return run;
}

}  // namespace radial
