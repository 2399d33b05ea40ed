#include "train/begin_run.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/joined.h"
#include "core/version.h"
#include "io/file.h"
#include "io/folder.h"
#include "io/json_lines.h"
#include "optim/schedule.h"
#include "train/checkpoint.h"
#include "train/run.h"
#include "train/same_weights.h"
#include "train/together.h"

namespace radial {
namespace {

namespace fs = std::filesystem;

void warn(RunListener& listener, const std::string& text) { listener.line("radial: warning: " + text); }

// The description of a run is written when it begins, and again when it goes on: perhaps on another machine. With
// config.toml, the last, the folder is a run.
void describe_run(const RunFolder& run, Settings& settings, const std::string& data, const Surroundings& surroundings,
                  Device device) {
  run.write("env.json", surroundings.environment(device));
  run.write("dataset.json", data);
  const std::string file = run.file("command.txt");
  const std::string before = fs::exists(file) ? read_text(file) : "";
  run.write("command.txt", before + surroundings.command + "\n");
  run.write("config.toml", settings.text());
}

// Without `last` nothing was saved, and the training begins anew; but not over checkpoints that are there.
void check_nothing_saved(const RunFolder& run) {
  for (const auto& entry : entries_of(run.file("checkpoints")))
    check(entry.path().extension() != ".safetensors", ErrorKind::file_format, "resume: ", run.checkpoint("last"),
          " is missing but ", entry.path().string(), " is there; copy a checkpoint of an epoch there, or train anew");
}

void check_data(const RunFolder& run, const Task& task, const std::string& now, bool saved) {
  const std::string file = run.file("dataset.json");
  if (!saved && !fs::exists(file)) return;
  check(fs::exists(file), ErrorKind::file_format, "resume: ", file, " is missing");
  task.check_same_data(read_text(file), file, now);
}

// The learning rate that the step after `state` has in a training of so many epochs.
double next_rate(const TrainOptions& options, const Trainer& trainer, const TrainingState& state, int epochs) {
  return options.optimizer.lr * lr_factor(options.schedule, state.epoch, state.batch / *options.accumulate,
                                          trainer.steps_per_epoch(), epochs, options.optimizer.lr);
}

// A schedule over the whole length is another one if the length is.
void warn_of_jump(const TrainOptions& options, const TrainOptions& before, const Trainer& trainer,
                  RunListener& listener) {
  const TrainingState& state = trainer.state;
  if (state.step == 0 || options.epochs == before.epochs || state.finished_epochs >= options.epochs) return;
  const double after = next_rate(options, trainer, state, options.epochs);
  if (after == next_rate(options, trainer, state, before.epochs)) return;
  warn(listener,
       fmt::format("the learning rate jumps from {:.4g} to {:.4g}: --schedule {} of {} epochs stood at {:.4g} "
                   "after step {}, that of {} epochs goes on with {:.4g}",
                   state.lr, after, name_of(schedule_names(), options.schedule.kind), before.epochs, state.lr,
                   state.step, options.epochs, after));
}

// The file of the best epoch; undefined if there is none that can be read.
std::optional<TensorFile> weights_of_epoch(const std::string& path, int epoch) {
  try {
    if (!fs::exists(path)) return std::nullopt;
    TensorFile file = read_safetensors(path);
    if (epoch_of(file, path) == epoch) return file;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::file_format) throw;
  }
  return std::nullopt;
}

// What `state` names as best must be there. It is not if a run of before version 2 was killed after `last`; then the
// weights may be those of `last`, or of an epoch that was kept. It is that of a later epoch if this version was killed
// before `last`: that epoch is evaluated again.
void find_best(const RunFolder& run, const TensorFile& last, TrainingState& state, RunListener& listener) {
  const int epoch = state.best.epoch;
  if (epoch == 0 || weights_of_epoch(run.checkpoint("best"), epoch)) return;
  const bool is_last = state.batch == 0 && state.finished_epochs == epoch;
  const auto kept =
      is_last ? std::optional(last) : weights_of_epoch(run.checkpoint("epoch" + std::to_string(epoch)), epoch);
  if (kept) {
    write_safetensors(run.checkpoint("best"), weights_alone(*kept, state.best));
    return;
  }
  const bool evaluated_again = weights_of_epoch(run.checkpoint("best"), state.epoch).has_value();
  if (!evaluated_again)
    warn(listener,
         fmt::format("{} does not hold the weights of epoch {}, which was best; the best is now searched among the "
                     "epochs that follow",
                     run.checkpoint("best"), epoch));
  state.best = state.best.none();
}

// Its figures would be samples of the data set.
void check_not_in(const Loader& loader, const std::string& out) {
  if (out.empty()) return;
  const std::string place = loader.samples().place();
  const fs::path below = fs::weakly_canonical(out).lexically_relative(fs::weakly_canonical(place));
  check(below.empty() || *below.begin() == "..", "train: --out ", out, " lies in ", place, ", among the data");
}

// What a run trains with is what its checkpoint says, whatever became of config.toml meanwhile.
void check_options(Settings& before, Settings& now, const RunFolder& run) {
  const std::vector<std::string> changes = changed_options(before, now);
  check(changes.empty(), "resume: ", run.file("config.toml"),
        " was changed since the last checkpoint: ", joined(changes));
}

// --accumulate N of before added each batch's gradient to those before it while it was computed.
void tell_of_tree(RunListener& listener) {
  listener.line(
      "this run was begun by a version that added the gradients of --accumulate in another order: from here on sums "
      "differ from what it would have computed, by rounding");
}

}  // namespace

void check_same_beginning(Group& group, Settings& settings, Task& task, const std::string& data) {
  if (group.size() == 1) return;
  std::string options;
  const OptionList list = settings.list();
  for (const Option& option : list.all())
    if (option.role == Role::training && !option.argument) options += option.name + " = " + option.text() + "\n";
  check_same(group, "options", options);
  check_same(group, "data", data);
  check_same(group, "source code", std::string(version) + commit);
  check_same_weights(group, task, "at the start");
}

void open_data(Settings& settings) {
  const TrainOptions& options = settings.train;
  try {
    settings.task->open_data(options);
  } catch (const Error& error) {
    if (options.resume.empty() || fs::exists(options.data)) throw;
    throw Error(error.kind(), std::string(error.what()) + "; where are the data now? radial train --resume " +
                                  options.resume + " DATA");
  }
}

void check_same_options(const std::string& folder, Settings& now) {
  const std::string file = RunFolder::config_of(folder);
  Settings before(read_text(file), file);
  const std::vector<std::string> changes = changed_options(before, now);
  check(changes.empty(), "resume: only DATA, ", joined(options_that_may_change(now)),
        " may change, but this does: ", joined(changes));
}

RunOutcome start_run(Settings& settings, const Surroundings& surroundings) {
  const TrainOptions& options = settings.train;
  Group& group = world();
  std::unique_ptr<Task> task;
  std::optional<Trainer> trainer;
  std::string data;
  together(group, [&] {
    task = settings.task->open(options);
    for (const Loader* loader : task->loaders()) check_not_in(*loader, options.out);
    trainer.emplace(options, *task, group);
    data = task->describe_data();
  });
  check_same_beginning(group, settings, *task, data);
  trainer->link_cards();
  RunFolder run = RunFolder::of_another(options.out);
  std::optional<RunLog> log;
  lead(group, [&] {
    run = RunFolder::create(options.out, settings.name());
    describe_run(run, settings, data, surroundings, trainer->device());
    log.emplace(run, RunLog::contents(*task, options));
  });
  return TrainingRun(*trainer, settings, run, std::move(log), surroundings).run();
}

RunOutcome go_on_with_run(Settings& settings, const Surroundings& surroundings) {
  const TrainOptions& options = settings.train;
  Group& group = world();
  RunFolder run = RunFolder::of_another(options.resume);
  lead(group, [&] { run = RunFolder::open(options.resume); });
  const std::string last = run.checkpoint("last");
  bool saved = false;
  TensorFile file;
  std::optional<TrainingState> all;  // of a run that has all its epochs
  together(group, [&] {
    saved = fs::exists(last);
    if (!saved) check_nothing_saved(run);
    if (saved) file = read_safetensors(last);
    if (!saved || !fs::exists(run.file("FINISHED"))) return;
    TrainingState state = training_state_of(file, last, {});
    if (state.finished_epochs >= options.epochs) all = std::move(state);
  });
  check_same(group, "checkpoints to go on from", json_text(file.metadata));
  if (all) {
    lead(group, [&] {
      find_best(run, file, *all, surroundings.listener);
      if (options.record_every > 0 && all->finished_epochs > 0 && !has_figure(run)) draw_run(run, surroundings);
    });
    return {0, fmt::format("{}: finished after {} epochs; --epochs N goes on\n", run.path().string(),
                           all->finished_epochs)};
  }
  TrainOptions with_weights = options;
  if (saved) with_weights.init.clear();  // the file may be gone meanwhile
  std::unique_ptr<Task> task;
  std::optional<Trainer> trainer;
  std::string data;
  together(group, [&] {
    task = settings.task->open(with_weights);
    data = task->describe_data();
    check_data(run, *task, data, saved);
    trainer.emplace(options, *task, group);
    if (!saved) return;
    trainer->state = restore_checkpoint(*task, trainer->players(), file, last);
    Settings before(config_of(file), last);
    check_options(before, settings, run);
    warn_of_jump(options, before.train, *trainer, surroundings.listener);
    if (*options.accumulate > 1 && trainer->state.step > 0 && !sums_in_tree(file)) tell_of_tree(surroundings.listener);
  });
  if (saved) {
    // One after the other: the first may write what the others look for.
    lead(group, [&] { find_best(run, file, trainer->state, surroundings.listener); });
    together(group, [&] {
      if (!group.leads()) find_best(run, file, trainer->state, surroundings.listener);
    });
  }
  file = {};  // memory that the training may need
  check_same_beginning(group, settings, *task, data);
  trainer->link_cards();
  std::optional<RunLog> log;
  lead(group, [&] {
    const RunLog::Contents columns = RunLog::contents(*task, options);
    if (saved)
      log.emplace(run, columns, trainer->state);
    else
      log.emplace(run, columns);
    fs::remove(run.file("FINISHED"));
    describe_run(run, settings, data, surroundings, trainer->device());
  });
  return TrainingRun(*trainer, settings, run, std::move(log), surroundings).run();
}

}  // namespace radial
