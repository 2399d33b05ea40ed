// radial evaluate
#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/progress.h"
#include "apps/commands/commands.h"
#include "apps/commands/trained_model.h"
#include "core/error.h"
#include "io/json_lines.h"
#include "train/evaluation.h"
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

// The labels of a folder count its own classes; where the model's outputs have names, they decide.
void match_labels(ImageFolder& folder, const TrainedModel& model) {
  check(static_cast<int>(folder.classes.size()) <= model.options.classes, ErrorKind::dataset,
        "evaluate: ", folder.root.string(), " has ", folder.classes.size(), " classes but the model has ",
        model.options.classes, " outputs");
  if (model.classes.empty()) return;
  std::vector<int32_t> output;
  for (const std::string& name : folder.classes) {
    const auto found = std::find(model.classes.begin(), model.classes.end(), name);
    check(found != model.classes.end(), ErrorKind::dataset, "evaluate: ", folder.root.string(), " has the class ", name,
          " but the model was not trained on it");
    output.push_back(static_cast<int32_t>(found - model.classes.begin()));
  }
  for (ImageFolder::Sample& sample : folder.samples) sample.label = output[static_cast<size_t>(sample.label)];
  folder.classes = model.classes;  // a picture's path is made of its label's class
}

int run_evaluate(const EvaluateOptions& given) {
  TrainedModel model = load_trained_model(given.model);
  ImageFolder folder = open_split(given.data, given.split, given.on_bad);
  match_labels(folder, model);
  TrainOptions& options = model.options;
  options.batch_size = given.batch_size.value_or(std::min<int64_t>(options.batch_size, 64));
  if (given.workers) options.workers = given.workers;
  options.on_bad = given.on_bad;
  options.limit_val = given.limit;
  Loader loader = val_loader(options, folder);
  const Stopwatch watch;
  Score score;
  {
    Progress progress;
    if (!folder.unusable.empty()) progress.line("skipped: " + summary(folder.unusable));
    score = *evaluate(*model.module, loader, network_input(options, model.device),
                      {.progress = [&](int64_t batch, int64_t batches) { progress.evaluating(batch, batches); }});
    for (const BadSample::Entry& bad : loader.bad()) progress.line("skipped: " + bad.message);
  }
  check(score.images > 0, ErrorKind::dataset, "evaluate: no picture could be used (", folder.root.string(), ")");
  if (!std::isfinite(score.mean_loss())) {
    const std::string weight = first_non_finite_weight(*model.module);
    fail(ErrorKind::non_finite, "evaluate: the loss is not finite; the first value that is not finite is in ",
         weight.empty() ? "the activations" : weight, " (", given.model.weights, ")");
  }
  const double rate = static_cast<double>(score.images) / watch.seconds();
  if (given.json)
    print_json_line({{"images", score.images},
                     {"loss", score.mean_loss()},
                     {"top1", score.top1_percent()},
                     {"top5", score.top5_percent()},
                     {"images_per_second", rate}});
  else
    fmt::print("{} pictures: loss {:.4f}, top-1 {:.2f} %, top-5 {:.2f} % ({:.1f} pictures a second)\n", score.images,
               score.mean_loss(), score.top1_percent(), score.top5_percent(), rate);
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
