// radial train
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/checkpoint.h"
#include "apps/command.h"
#include "apps/config_file.h"
#include "apps/dry_run.h"
#include "apps/environment.h"
#include "apps/train_options.h"
#include "apps/trainer.h"
#include "apps/training_run.h"
#include "core/error.h"
#include "core/parallel.h"
#include "io/file.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

// Memory that ran out while training: what to do about it.
[[noreturn]] void out_of_memory(const TrainOptions& options, const std::string& what) {
  const int64_t half = std::max<int64_t>(options.batch_size / 2, 1);
  fail(ErrorKind::out_of_memory, what, "; --batch-size ", half, " --accumulate ", 2 * options.accumulate,
       " makes steps of as many pictures with about half the memory (--dry-run estimates it)");
}

// The description of a run is written when it begins, and again when it goes on: perhaps on another machine.
void describe_run(const RunFolder& run, const TrainOptions& options, const Dataset& dataset, Device device) {
  run.write("config.toml", config_text(options));
  run.write("env.json", environment(device));
  run.write("dataset.json", describe(options.data, dataset));
  const std::string file = run.file("command.txt");
  const std::string before = fs::exists(file) ? read_text(file) : "";
  run.write("command.txt", before + shell_command(process_arguments()) + "\n");
}

int start_training(const TrainOptions& options, const Dataset& dataset) {
  Trainer trainer(options, dataset);
  const RunFolder run = RunFolder::create(options.out, options.arch + "-" + options.optimizer);
  describe_run(run, options, dataset, trainer.device());
  return TrainingRun(trainer, options, dataset, run, RunLog(run)).run();
}

void check_same_pictures(const RunFolder& run, const Dataset& dataset) {
  const auto before = nlohmann::json::parse(read_text(run.file("dataset.json")), nullptr, false);
  check(before.is_object() && before.contains("hash"), ErrorKind::file_format, "resume: ", run.file("dataset.json"),
        " is malformed");
  check(before["hash"] == dataset.hash(), ErrorKind::dataset, "resume: the files of ", dataset.train.root.string(),
        " and ", dataset.val.root.string(), " are not those that the run began with");
}

int resume_training(const TrainOptions& options, const Dataset& dataset) {
  const RunFolder run = RunFolder::open(options.resume);
  check_same_pictures(run, dataset);
  Trainer trainer(options, dataset);
  const std::string last = run.checkpoint("last");
  const bool saved = fs::exists(last);  // if not, the run was killed in its first epoch
  if (saved) trainer.state = restore_checkpoint(trainer.model(), trainer.optimizer(), read_safetensors(last), last);
  if (trainer.state.finished_epochs >= options.epochs && fs::exists(run.file("FINISHED"))) {
    fmt::print("{}: finished after {} epochs; --epochs N goes on\n", run.path().string(),
               trainer.state.finished_epochs);
    return 0;
  }
  fs::remove(run.file("FINISHED"));
  describe_run(run, options, dataset, trainer.device());
  return TrainingRun(trainer, options, dataset, run, RunLog(run, trainer.state)).run();
}

// What the command line leaves open comes from the run; what it says must agree with it.
void take_options_of_run(CLI::App& command, TrainOptions& options) {
  check(options.out.empty() || fs::path(options.out) == fs::path(options.resume), "train: --resume ", options.resume,
        " goes on in its own folder but --out is ", options.out);
  const std::string file = (fs::path(options.resume) / "config.toml").string();
  check(fs::is_regular_file(file), "resume: ", options.resume, " is not the folder of a run (no config.toml in it)");
  apply_config_file(command, file);
  resolve(options);
  TrainOptions before = train_options_from(read_text(file), file);
  const std::vector<std::string> changes = changed_options(before, options);
  check(changes.empty(), "resume: only --epochs, --threads, --workers and --device may change, but this does: ",
        CLI::detail::join(changes, ", "));
}

void take_classes(TrainOptions& options, const Dataset& dataset) {
  const auto folders = static_cast<int>(dataset.train.classes.size());
  if (options.classes == 0) options.classes = folders;
  check(options.classes >= folders, "train: --classes ", options.classes, " but ", dataset.train.root.string(), " has ",
        folders, " folders");
}

int run_train(CLI::App& command, TrainOptions& options) {
  if (!options.config.empty()) apply_config_file(command, options.config);
  if (!options.resume.empty()) take_options_of_run(command, options);
  check(!options.data.empty(), "train: DATA, the folder with train/ and val/, is missing");
  resolve(options);
  set_threads(options.threads);
  const Dataset dataset = open_dataset(options.data, on_bad_image_from(options.on_bad_image));
  take_classes(options, dataset);
  if (options.print_config) fmt::print("{}", config_text(options));
  try {
    if (options.dry_run) return dry_run(options, dataset);
    if (options.print_config) return 0;
    return options.resume.empty() ? start_training(options, dataset) : resume_training(options, dataset);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::out_of_memory) throw;
    out_of_memory(options, error.what());
  } catch (const std::bad_alloc&) {
    out_of_memory(options, "out of memory");
  }
}

}  // namespace

void add_train(CLI::App& root, Chosen& chosen) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = root.add_subcommand("train", "Train a network on a folder of pictures, watching its weights");
  add_train_options(*command, *options);
  command->callback(
      [&chosen, command, options] { chosen.run = [command, options] { return run_train(*command, *options); }; });
}

}  // namespace radial::apps
