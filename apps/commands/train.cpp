// radial train
#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "apps/commands/commands.h"
#include "core/error.h"
#include "core/parallel.h"
#include "io/configuration.h"
#include "io/file.h"
#include "train/begin_training.h"
#include "train/dry_run.h"
#include "train/run_folder.h"
#include "train/train_options.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

// Memory that ran out while training: what to do about it.
[[noreturn]] void out_of_memory(const TrainOptions& options, const std::string& what) {
  const int64_t half = std::max<int64_t>(options.batch_size / 2, 1);
  fail(ErrorKind::out_of_memory, what, "; --batch-size ", half, " --accumulate ", 2 * options.accumulate,
       " makes steps of as many pictures with about half the memory (--dry-run estimates it)");
}

void check_is_no_file(const std::string& resume) {
  const fs::path path(resume);
  check(!fs::is_regular_file(path), "resume: ", resume, " is a file but --resume takes the folder of a run",
        path.parent_path().filename() == "checkpoints"
            ? " (" + path.parent_path().parent_path().string() +
                  "); --init begins a new training with the weights of a file"
            : "; --init begins a training with the weights of a file");
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

// What the command line leaves open comes from the run; what it says must agree with it.
void take_options_of_run(OptionList& list, TrainOptions& options) {
  check(options.out.empty() || fs::path(options.out) == fs::path(options.resume), "train: --resume ", options.resume,
        " goes on in its own folder but --out is ", options.out);
  check_is_no_file(options.resume);
  const std::string file = RunFolder::config_of(options.resume);
  apply_configuration_file(list, "train", file);
  resolve(options);
  TrainOptions before = train_options_from(read_text(file), file);
  const std::vector<std::string> changes = changed_options(before, options);
  check(changes.empty(), "resume: only DATA, ", joined(options_that_may_change()),
        " may change, but this does: ", joined(changes));
}

Dataset open_pictures(const TrainOptions& options) {
  try {
    return open_dataset(options.data, options.on_bad_image);
  } catch (const Error& error) {
    if (options.resume.empty() || fs::exists(options.data)) throw;
    throw Error(error.kind(), std::string(error.what()) + "; where are the pictures now? radial train --resume " +
                                  options.resume + " DATA");
  }
}

void take_classes(TrainOptions& options, const Dataset& dataset) {
  const auto folders = static_cast<int>(dataset.train.classes.size());
  if (options.classes == 0) options.classes = folders;
  check(options.classes >= folders, "train: --classes ", options.classes, " but ", dataset.train.root.string(), " has ",
        folders, " folders");
}

int run_train(OptionList& list, TrainOptions& options) {
  if (!options.config.empty()) apply_configuration_file(list, "train", options.config);
  if (!options.resume.empty()) take_options_of_run(list, options);
  check(!options.data.empty(), "train: DATA, the folder with train/ and val/, is missing");
  resolve(options);
  set_threads(options.threads);
  const Dataset dataset = open_pictures(options);
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

Command train_command() {
  Command command{.name = "train", .help = "Train a network on a folder of pictures, watching its weights"};
  const auto options = std::make_shared<TrainOptions>();
  list_options(command.options, *options);
  command.run = [options](OptionList& list) { return run_train(list, *options); };
  return command;
}

}  // namespace radial::apps
