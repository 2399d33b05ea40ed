// radial train
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "apps/cli/arguments.h"
#include "apps/cli/terminal_run.h"
#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "core/error.h"
#include "core/gpu_names.h"
#include "core/parallel.h"
#include "dist/cores.h"
#include "io/configuration.h"
#include "io/file.h"
#include "train/begin_run.h"
#include "train/dry_run.h"
#include "train/run_folder.h"
#include "train/settings.h"
#include "train/together.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

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
  check_same_options(options.resume, settings);
}

void print(const DryRun& run) {
  const auto gigabytes = [](int64_t bytes) { return static_cast<double>(bytes) / 1e9; };
  fmt::print("network     {}\n", run.network);
  fmt::print("data        {}\n", run.data);
  for (const std::string& note : run.notes) fmt::print("note        {}\n", note);
  fmt::print("first loss  {:.4f}\n", run.first_loss);
  fmt::print("time        {:.2f} s for the first step (with start-up), {} steps an epoch, about {} in all\n",
             run.step_seconds, run.steps_per_epoch, duration_text(run.seconds));
  if (run.device.type == DeviceType::cuda)
    fmt::print("memory      {:.2f} GB of {}, {:.2f} GB of the host\n", gigabytes(run.memory_bytes),
               gpu_name(run.device), gigabytes(run.host_memory_bytes));
  else
    fmt::print("memory      {:.2f} GB\n", gigabytes(run.memory_bytes));
  fmt::print("disk        about {:.2f} GB\n", gigabytes(run.disk_bytes));
}

// Options that do nothing beside the others that are given.
void warn_of_idle_options(const TrainOptions& options) {
  const auto warn = [](const std::string& text) { std::fprintf(stderr, "radial: warning: %s\n", text.c_str()); };
  const ScheduleOptions& schedule = options.schedule;
  if (options.clip_mode != ClipMode::norm && !options.clip_grad)
    warn("--clip-mode has no effect without --clip-grad, which says how far");
  if (schedule.warmup_epochs == 0 && (schedule.warmup_lr > 0 || schedule.warmup != WarmupKind::linear))
    warn("--warmup and --warmup-lr have no effect without --warmup-epochs, which says how long");
  if (schedule.min_lr > options.optimizer.lr)
    warn(fmt::format("--min-lr {:g} is above --lr {:g}, which stays as it is", schedule.min_lr, options.optimizer.lr));
  else if (schedule.min_lr > 0 && schedule.kind == ScheduleKind::constant)
    warn("--min-lr has no effect with --schedule constant");
}

int train(Settings& settings) {
  const RunOutcome outcome = run_in_terminal(settings.train, [&](const Surroundings& terminal) {
    return settings.train.resume.empty() ? start_run(settings, terminal) : go_on_with_run(settings, terminal);
  });
  // What does not arrive is no failure of the training: the program says so at its end.
  if (world().leads()) std::fputs(outcome.summary.c_str(), stdout);
  return outcome.code;
}

// The file of --config, which may be a pipe and is read once.
struct GivenConfiguration {
  std::string path, text;
};

int run_train(OptionList& list, Settings& settings, const GivenConfiguration& given) {
  const TrainOptions& options = settings.train;
  join_world();
  together(world(), [&] {
    if (const std::string& path = options.config; !path.empty())
      apply_configuration(list, "train", path == given.path ? given.text : read_configuration(path), path);
    if (!options.resume.empty()) take_options_of_run(list, settings);
    check(!options.data.empty(), "train: DATA, the folder with train/ and val/, is missing");
    settings.resolve();
  });
  const int fair = fair_threads(world());
  together(world(), [&] {
    const bool left_open = options.threads == 0 && world().size() > 1 && std::getenv("OMP_NUM_THREADS") == nullptr;
    set_threads(left_open ? fair : options.threads);
    open_data(settings);
    if (options.resume.empty() && world().leads()) warn_of_idle_options(options);
    if (options.print_config && world().leads()) fmt::print("{}", settings.text());
  });
  if (options.dry_run) {
    with_advice_on_memory(options, [&] {
      const DryRun run = dry_run(settings, world());
      if (world().leads()) print(run);
    });
    return 0;
  }
  return options.print_config ? 0 : train(settings);
}

// The options depend on the task: that of --task, of the file of --config or of the run of --resume. What cannot be
// read is told when the options are.
std::string task_of(const std::vector<std::string>& words, GivenConfiguration& given) {
  if (const auto named = value_in_words(words, "--task")) return *named;
  if (const auto path = value_in_words(words, "--config")) try {
      given.text = read_configuration(*path);
      given.path = *path;
      if (const auto task = task_in(given.text, *path)) return *task;
    } catch (const std::exception&) {
    }
  if (const auto run = value_in_words(words, "--resume")) try {
      const std::string file = RunFolder::config_of(*run);
      if (const auto task = task_in(read_configuration(file), file)) return *task;
    } catch (const std::exception&) {
    }
  return "classify";
}

}  // namespace

Command train_command(const std::vector<std::string>& words) {
  Command command{.name = "train", .help = "Train a network on a folder of data, watching its weights"};
  GivenConfiguration given;
  const auto settings = std::make_shared<Settings>(task_of(words, given));
  command.options = settings->list();
  command.run = [settings, given](OptionList& list) { return run_train(list, *settings, given); };
  command.hint = [settings](const std::string& name) { return other_task_with(name, settings->train.task, false); };
  return command;
}

}  // namespace radial::apps
