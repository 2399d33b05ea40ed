// radial evaluate
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/progress.h"
#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "core/error.h"
#include "figures/class_figure.h"
#include "io/atomic_file.h"
#include "io/folder.h"
#include "io/json_lines.h"
#include "train/parties.h"
#include "train/stopwatch.h"

namespace radial::apps {
namespace {

struct EvaluateOptions {
  explicit EvaluateOptions(const std::string& task) : trained(task) {}

  std::string split = "val";
  TrainedTaskOptions trained;
  std::string data;
  std::optional<int64_t> batch_size;
  std::optional<int> workers;
  int64_t limit = 0;
  std::string predictions, ground_truth;
  bool per_class = false;
  std::string out;
  OnBadSample on_bad = OnBadSample::error;
  bool json = false;
};

void print(const Evaluation& found, const TaskFacts& facts, double rate, bool json) {
  nlohmann::ordered_json line = {{"images", found.samples}};
  std::string text = fmt::format("{} {}s:", found.samples, facts.sample);
  for (size_t i = 0; i < facts.results.size(); ++i) {
    line[facts.results[i].name] = found.values[i];
    text += (i > 0 ? ", " : " ") + shown(facts.results[i], found.values[i]);
  }
  line["images_per_second"] = rate;
  if (json)
    print_json_line(line);
  else
    fmt::print("{} ({:.1f} {}s a second)\n", text, rate, facts.sample);
}

// Where --per-class writes to, made if it is not there; "" without it.
std::string folder_of_classes(const EvaluateOptions& given) {
  const std::string& task = given.trained.given.train.task;
  check(given.per_class || given.out.empty(), "evaluate: --out has no effect without --per-class");
  if (!given.per_class) return "";
  check(task == "classify", "evaluate: --task ", task, " writes no --per-class");
  const bool is_run = std::filesystem::is_directory(given.trained.weights);
  check(is_run || !given.out.empty(), "evaluate: --per-class writes into the run's folder, but ", given.trained.weights,
        " is a file; use --out DIR");
  const std::string folder = given.out.empty() ? given.trained.weights : given.out;
  make_folders(folder);
  return folder;
}

// Its tables are there, whatever becomes of the figure.
void draw_classes(const std::string& folder) {
  try {
    draw_class_figure(folder);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    std::fprintf(stderr, "radial: no figure: %s\n", error.what());
  }
}

int run_evaluate(const EvaluateOptions& given, const OptionList& list) {
  // Found out before hours of evaluation.
  for (const std::string& file : {given.predictions, given.ground_truth})
    if (!file.empty()) check_writable(file);
  const std::string classes = folder_of_classes(given);
  const TrainedTask trained = load_trained_task(given.trained, list);
  TrainOptions& options = trained.settings->train;
  options.data = given.data;
  options.batch_size = given.batch_size.value_or(std::min<int64_t>(options.batch_size, 64));
  if (given.workers) options.workers = given.workers;
  options.on_bad = given.on_bad;
  options.limit_val = given.limit;
  trained.settings->resolve();
  const auto task = trained.settings->task->open_for_evaluation(options, given.split, trained.weights());
  check(given.predictions.empty() || task->facts().writes_predictions, "evaluate: --task ", options.task,
        " writes no --predictions");
  check(given.ground_truth.empty() || task->facts().writes_ground_truth, "evaluate: --task ", options.task,
        " writes no --ground-truth");
  check(classes.empty() || task->facts().writes_classes, "evaluate: --task ", options.task, " writes no --per-class");
  const Stopwatch watch;
  Evaluation found;
  {
    Progress progress;
    const TaskFacts& facts = task->facts();
    for (const std::string& note : facts.notes) progress.line(note);
    if (!facts.unusable.empty()) progress.line("skipped: " + summary(facts.unusable));
    found = *task->evaluate({.progress = [&](int64_t batch, int64_t batches) { progress.evaluating(batch, batches); },
                             .predictions = given.predictions,
                             .per_class = classes,
                             .ground_truth = given.ground_truth});
    for (const Loader* loader : task->loaders())
      for (const BadSample::Entry& bad : loader->bad()) progress.line("skipped: " + bad.message);
  }
  check(found.samples > 0, ErrorKind::dataset, "evaluate: no ", task->facts().sample, " could be used (",
        task->loaders().back()->samples().place(), ")");
  if (!std::isfinite(found.values.front())) {
    fail(ErrorKind::non_finite, "evaluate: the loss is not finite; the first value that is not finite is in ",
         place_of_non_finite(*task), " (", given.trained.weights, ")");
  }
  if (!classes.empty()) draw_classes(classes);
  print(found, task->facts(), static_cast<double>(found.samples) / watch.seconds(), given.json);
  return 0;
}

}  // namespace

Command evaluate_command(const std::vector<std::string>& words) {
  Command command{.name = "evaluate", .help = "Loss and accuracy (per cent) of trained weights on a folder"};
  const auto options = std::make_shared<EvaluateOptions>(task_of_weights(words));
  OptionList& list = command.options;
  list_options(list, options->trained);
  list.add_argument("data", options->data, "DATA", "Folder with train/ and val/, or a tar or zip file of it").required =
      true;
  list.add("split", options->split, "val or train, without augmentation", one_of({"val", "train"}));
  list.add("limit", options->limit, "Samples, in the order of the training's --limit-val; 0: all", at_least(0));
  list.add("predictions", options->predictions,
           "File to write what was found of each sample (classify, rebias: CSV file,class,predicted,probability; "
           "audio: CSV with a score a class; detect: COCO results; retrieve: safetensors)")
      .type = "FILE";
  list.add("ground-truth", options->ground_truth, "detect: file to write the boxes of the pictures, as COCO JSON")
      .type = "FILE";
  list.add("per-class", options->per_class,
           "classify: writes classes.csv (pictures, top-1, precision, recall, F1), confusion.csv and a figure of both");
  list.add("out", options->out, "Folder for --per-class, made if it is not there (default: the run's)").type = "DIR";
  list.add("batch-size", options->batch_size, "Samples a batch (as in training, at most 64)", at_least(1));
  list_workers(list, options->workers);
  list_on_bad(list, options->on_bad);
  add_json(list, options->json, "A JSON object instead of a sentence");
  command.run = [options](OptionList& parsed) { return run_evaluate(*options, parsed); };
  command.hint = [options](const std::string& name) {
    return other_task_with(name, options->trained.given.train.task, true);
  };
  return command;
}

}  // namespace radial::apps
