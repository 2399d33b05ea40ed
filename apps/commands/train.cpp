// radial train
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/environment.h"
#include "apps/cli/progress.h"
#include "apps/cli/shell_command.h"
#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "apps/figures/training_figure.h"
#include "core/error.h"
#include "core/gpu_names.h"
#include "core/joined.h"
#include "core/parallel.h"
#include "io/configuration.h"
#include "io/file.h"
#include "io/json_lines.h"
#include "train/begin_run.h"
#include "train/dry_run.h"
#include "train/run_folder.h"
#include "train/settings.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

// Memory that ran out while training: what to do about it.
[[noreturn]] void out_of_memory(const TrainOptions& options, const std::string& what) {
  const int64_t half = std::max<int64_t>(options.batch_size / 2, 1);
  fail(ErrorKind::out_of_memory, what, "; --batch-size ", half, " --accumulate ", 2 * options.accumulate,
       " makes steps of as many samples with about half the memory (--dry-run estimates it)");
}

void check_is_no_file(const std::string& resume) {
  const fs::path path(resume);
  check(!fs::is_regular_file(path), "resume: ", resume, " is a file but --resume takes the folder of a run",
        path.parent_path().filename() == "checkpoints"
            ? " (" + path.parent_path().parent_path().string() +
                  "); --init begins a new training with the weights of a file"
            : "; --init begins a training with the weights of a file");
}

// What the command line leaves open comes from the run; what it says must agree with it.
void take_options_of_run(OptionList& list, Settings& settings) {
  const TrainOptions& options = settings.train;
  check(options.out.empty() || fs::path(options.out) == fs::path(options.resume), "train: --resume ", options.resume,
        " goes on in its own folder but --out is ", options.out);
  check_is_no_file(options.resume);
  const std::string file = RunFolder::config_of(options.resume);
  const std::string task = task_in(read_configuration(file), file).value_or("classify");
  check(options.task == task, "resume: --task ", options.task, " but the run has ", task);
  apply_configuration_file(list, "train", file);
  settings.resolve();
  Settings before(read_text(file), file);
  const std::vector<std::string> changes = changed_options(before, settings);
  check(changes.empty(), "resume: only DATA, ", joined(options_that_may_change(settings)),
        " may change, but this does: ", joined(changes));
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

int print(const DryRun& run) {
  const auto gigabytes = [](int64_t bytes) { return static_cast<double>(bytes) / 1e9; };
  fmt::print("network     {}\n", run.network);
  fmt::print("data        {}\n", run.data);
  fmt::print("first loss  {:.4f}\n", run.first_loss);
  fmt::print("time        {:.2f} s for the first step (with start-up), {} steps an epoch, about {} in all\n",
             run.step_seconds, run.steps_per_epoch, duration_text(run.seconds));
  if (run.device.type == DeviceType::cuda)
    fmt::print("memory      {:.2f} GB of {}, {:.2f} GB of the host\n", gigabytes(run.memory_bytes),
               gpu_name(run.device), gigabytes(run.host_memory_bytes));
  else
    fmt::print("memory      {:.2f} GB\n", gigabytes(run.memory_bytes));
  fmt::print("disk        about {:.2f} GB\n", gigabytes(run.disk_bytes));
  return 0;
}

// For a look at the run.
void draw(const RunFolder& run) {
  const std::string folder = run.path().string();
  draw_training_figure(read_run_curves(std::span(&folder, 1)), run.file("figures/training"));
}

int train(Settings& settings) {
  RunOutcome outcome;
  {
    Progress progress;
    const Surroundings surroundings{
        .listener = progress,
        .command = shell_command(process_arguments()),
        .environment = [](Device device) { return json_text(environment(device), 2) + "\n"; },
        .draw = draw};
    outcome =
        settings.train.resume.empty() ? start_run(settings, surroundings) : go_on_with_run(settings, surroundings);
  }
  // What does not arrive is no failure of the training: the program says so at its end.
  std::fputs(outcome.summary.c_str(), stdout);
  return outcome.code;
}

int run_train(OptionList& list, Settings& settings) {
  const TrainOptions& options = settings.train;
  if (!options.config.empty()) apply_configuration_file(list, "train", options.config);
  if (!options.resume.empty()) take_options_of_run(list, settings);
  check(!options.data.empty(), "train: DATA, the folder with train/ and val/, is missing");
  settings.resolve();
  set_threads(options.threads);
  open_data(settings);
  if (options.print_config) fmt::print("{}", settings.text());
  try {
    if (options.dry_run) return print(dry_run(settings, *settings.task->open(options)));
    if (options.print_config) return 0;
    return train(settings);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::out_of_memory) throw;
    out_of_memory(options, error.what());
  } catch (const std::bad_alloc&) {
    out_of_memory(options, "out of memory");
  }
}

// The options depend on the task: that of --task, of the file of --config or of the run of --resume. What cannot be
// read is told when the options are.
std::string task_of(const std::vector<std::string>& words) {
  if (const auto named = value_in_words(words, "--task")) return *named;
  for (const char* option : {"--config", "--resume"})
    if (const auto value = value_in_words(words, option)) try {
        const fs::path path = *value;
        const std::string file = (fs::is_directory(path) ? path / "config.toml" : path).string();
        if (const auto task = task_in(read_text(file), file)) return *task;
      } catch (const std::exception&) {
      }
  return "classify";
}

}  // namespace

Command train_command(const std::vector<std::string>& words) {
  Command command{.name = "train", .help = "Train a network on a folder of data, watching its weights"};
  const auto settings = std::make_shared<Settings>(task_of(words));
  command.options = settings->list();
  command.run = [settings](OptionList& list) { return run_train(list, *settings); };
  command.hint = [settings](const std::string& name) { return other_task_with(name, settings->train.task, false); };
  return command;
}

}  // namespace radial::apps
