// radial evaluate
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/progress.h"
#include "apps/commands/commands.h"
#include "apps/commands/trained_model.h"
#include "core/error.h"
#include "io/json_lines.h"
#include "tasks/class_folders.h"
#include "tasks/classify/classify.h"
#include "train/non_finite.h"
#include "train/stopwatch.h"

namespace radial::apps {
namespace {

struct EvaluateOptions {
  std::string data;
  std::string split = "val";
  TrainedModelOptions model;
  std::optional<int64_t> batch_size;
  std::optional<int> workers;
  int64_t limit = 0;
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

int run_evaluate(const EvaluateOptions& given) {
  TrainedModel model = load_trained_model(given.model);
  ImageFolder folder = open_split(given.data, given.split, given.on_bad);
  match_labels(folder, model.options.classes, model.classes);
  TrainOptions& options = model.options;
  options.batch_size = given.batch_size.value_or(std::min<int64_t>(options.batch_size, 64));
  if (given.workers) options.workers = given.workers;
  options.on_bad = given.on_bad;
  options.limit_val = given.limit;
  Classify task({.network = model_options(options),
                 .model = std::move(model.module),
                 .input = network_input(options, model.device),
                 .val = std::make_unique<Loader>(val_loader(options, folder))});
  const Stopwatch watch;
  Evaluation found;
  {
    Progress progress;
    if (!folder.unusable.empty()) progress.line("skipped: " + summary(folder.unusable));
    found = *task.evaluate({.progress = [&](int64_t batch, int64_t batches) { progress.evaluating(batch, batches); }});
    for (const BadSample::Entry& bad : task.loaders().back()->bad()) progress.line("skipped: " + bad.message);
  }
  check(found.samples > 0, ErrorKind::dataset, "evaluate: no picture could be used (", folder.root.string(), ")");
  if (!std::isfinite(found.values.front())) {
    const std::string weight = first_non_finite_weight(*task.parties()[0].network);
    fail(ErrorKind::non_finite, "evaluate: the loss is not finite; the first value that is not finite is in ",
         weight.empty() ? "the activations" : weight, " (", given.model.weights, ")");
  }
  print(found, task.facts(), static_cast<double>(found.samples) / watch.seconds(), given.json);
  return 0;
}

void list_evaluate_options(OptionList& list, EvaluateOptions& options) {
  list.add_argument("data", options.data, "DATA", "Folder with train/<class>/* and val/<class>/*").required = true;
  list_options(list, options.model);
  list.add("split", options.split, "The pictures of val or of train, without augmentation", one_of({"val", "train"}));
  list.add("limit", options.limit, "Pictures, in the order of the training's --limit-val; 0: all", at_least(0));
  list.add("batch-size", options.batch_size, "Pictures a batch", at_least(1));
  list.add("workers", options.workers, "Threads that make batches", at_least(0));
  list.add_choice("on-bad-image", options.on_bad, on_bad_sample_names(), "error: stop; skip: leave out and name");
  add_json(list, options.json, "A JSON object instead of a sentence");
}

}  // namespace

Command evaluate_command() {
  return command("evaluate", "Loss and accuracy (per cent) of trained weights on a folder", list_evaluate_options,
                 run_evaluate);
}

}  // namespace radial::apps
