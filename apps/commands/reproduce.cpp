// radial reproduce figure3: trains with vanilla SGD, momentum SGD and SGDP from the same initial weights, draws Figure
// 3 of the paper and says what it shows in numbers. Each training is a `radial train` in this process; a second call
// skips those that have finished and goes on with the others.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/shell_command.h"
#include "apps/commands/commands.h"
#include "apps/commands/figure3_summary.h"
#include "core/error.h"
#include "core/ops.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "io/folder.h"
#include "io/json_lines.h"
#include "models/models.h"
#include "train/options.h"
#include "train/stop_signals.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

constexpr const char* optimizers[] = {"gd", "sgd", "sgdp"};

struct ReproduceOptions {
  std::string data, out = "figure3", published;
  bool full = false, json = false;
  std::string arch = "resnet18";
  // What is not given is that of a small machine, or the paper's with --full.
  std::optional<int> epochs, image_size;
  std::optional<int64_t> batch_size;
  std::optional<double> warmup_epochs;
  std::optional<int> workers;
  double lr = 0.1, momentum = 0.9, weight_decay = 0;
  uint64_t seed = 0;
  int64_t limit_train = 0, limit_val = 0;
  int threads = 0;
};

void take_defaults(ReproduceOptions& options) {
  const auto take = [](auto& option, auto value) { option = option.value_or(value); };
  take(options.epochs, options.full ? 100 : 12);
  take(options.image_size, options.full ? 224 : 64);
  take(options.batch_size, options.full ? 256 : 64);
  take(options.warmup_epochs, options.full ? 0.0 : 2.0);
}

// Options of `radial train` by name, with their values.
using Given = std::vector<std::pair<std::string, std::vector<std::string>>>;

// The learning rate drops at 30, 60 and 90 of 100 epochs (the paper's) or at thirds.
Given schedule(const ReproduceOptions& options) {
  const int epochs = *options.epochs;
  if (options.full) return {{"schedule", {"step"}}, {"lr-step-epochs", {std::to_string(std::max(1, epochs * 3 / 10))}}};
  if (epochs < 3) return {{"schedule", {"constant"}}};
  const auto at = [epochs](double share) { return std::to_string(std::lround(share * epochs)); };
  return {{"schedule", {"multistep"}}, {"lr-milestones", {at(1.0 / 3), at(2.0 / 3)}}};
}

std::string folder_of(const ReproduceOptions& options, const std::string& optimizer) {
  return (fs::path(options.out) / optimizer).string();
}

Given settings_of(const ReproduceOptions& options, const std::string& optimizer) {
  Given settings = {{"data", {options.data}}};
  const auto add = [&](const char* option, const std::string& value) { settings.push_back({option, {value}}); };
  add("arch", options.arch);
  add("optimizer", optimizer);
  add("lr", shortest(options.lr));
  if (optimizer != "gd") add("momentum", shortest(options.momentum));
  add("weight-decay", shortest(options.weight_decay));
  for (const auto& setting : schedule(options)) settings.push_back(setting);
  add("warmup-epochs", shortest(*options.warmup_epochs));
  add("epochs", std::to_string(*options.epochs));
  add("batch-size", std::to_string(*options.batch_size));
  add("image-size", std::to_string(*options.image_size));
  add("seed", std::to_string(options.seed));
  if (options.limit_train > 0) add("limit-train", std::to_string(options.limit_train));
  if (options.limit_val > 0) add("limit-val", std::to_string(options.limit_val));
  if (options.threads > 0) add("threads", std::to_string(options.threads));
  if (options.workers) add("workers", std::to_string(*options.workers));
  const std::string folder = folder_of(options, optimizer);
  add(fs::exists(fs::path(folder) / "config.toml") ? "resume" : "out", folder);
  return settings;
}

// While one lives, what is printed goes to stderr: results on stdout are those of this command alone.
class StdoutToStderr {
 public:
  StdoutToStderr() : kept_(flushed_copy()) { dup2(STDERR_FILENO, STDOUT_FILENO); }
  ~StdoutToStderr() {
    std::fflush(stdout);
    dup2(kept_, STDOUT_FILENO);
    close(kept_);
  }
  StdoutToStderr(const StdoutToStderr&) = delete;
  StdoutToStderr& operator=(const StdoutToStderr&) = delete;

 private:
  static int flushed_copy() {
    std::fflush(stdout);
    return dup(STDOUT_FILENO);
  }
  int kept_;
};

int run_train(const Given& settings) {
  Command train = train_command({});
  std::vector<std::string> shown = {"radial", "train"};
  for (const auto& [name, values] : settings) {
    Option& option = *train.options.find(name);
    option.set(values);
    if (!option.argument) shown.push_back("--" + name);
    shown.insert(shown.end(), values.begin(), values.end());
  }
  std::fputs((shell_command(shown) + "\n").c_str(), stderr);
  const StdoutToStderr quiet;
  return train.run(train.options);
}

// The norm that Figure 3 draws, of the initial weights: the mean over convolutions of the mean over filters.
double initial_norm(const ReproduceOptions& options) {
  const auto model =
      make_model({.arch = options.arch, .classes = 10, .image_size = *options.image_size, .seed = options.seed});
  double sum_of_layers = 0;
  int layers = 0;
  for (const NamedTensor& parameter : model->parameters()) {
    if (parameter.kind != Kind::conv) continue;
    const Tensor w = parameter.tensor.detach();
    double sum_of_filters = 0;
    for (const double square : row_dots(w, w).to_vector()) sum_of_filters += std::sqrt(square);
    sum_of_layers += sum_of_filters / static_cast<double>(w.dim(0));
    ++layers;
  }
  check(layers > 0, "reproduce: ", options.arch, " has no convolutions but Figure 3 draws their norms");
  return sum_of_layers / layers;
}

void report(const ReproduceOptions& options) {
  std::vector<std::string> folders;
  for (const char* optimizer : optimizers) folders.push_back(folder_of(options, optimizer));
  std::vector<Curve> curves = read_run_curves(folders);
  std::vector<Figure3Row> rows;
  const double norm = initial_norm(options);
  for (size_t i = 0; i < curves.size(); ++i) rows.push_back(summarise_run(optimizers[i], curves[i], norm));

  if (!options.published.empty())
    for (const Curve& curve : read_published_curves(options.published)) curves.push_back(curve);
  const std::string stem = (fs::path(options.out) / "figure3").string();
  draw_training_figure(curves, stem);
  nlohmann::ordered_json json = figure3_json(rows);
  json["figure"] = stem + ".svg";
  write_atomically((fs::path(options.out) / "summary.json").string(), json_text(json, 2) + "\n");
  if (options.json)
    print_json_line(json);
  else
    fmt::print("{}\n{}.svg\n{}.png\n", figure3_table(rows), stem, stem);
}

int run_figure3(const ReproduceOptions& given) {
  ReproduceOptions options = given;
  take_defaults(options);
  make_folders(options.out);
  remove_stale_temporaries(options.out);
  const StopSignals signals;  // one may come between two trainings, or too late for the last
  for (const char* optimizer : optimizers) {
    if (const int code = run_train(settings_of(options, optimizer)); code != 0) return code;
    if (signals.stop() != 0) return 128 + signals.stop();
  }
  report(options);
  return 0;
}

void list_figure3_options(OptionList& list, ReproduceOptions& options) {
  Option& data = list.add("data", options.data, "Folder with train/<class>/* and val/<class>/*");
  data.required = true;
  data.type = "DATA";
  list.add("out", options.out, "Folder for the three runs, the figure and summary.json");
  list.add("full", options.full, "The paper's setting: 100 epochs, drops every 30, batches of 256, 224 px, no warm-up");
  list.add("epochs", options.epochs, "Passes over the training pictures (12)", at_least(1));
  list.add("image-size", options.image_size, "Width and height that the network sees (64)", at_least(1));
  list.add("batch-size", options.batch_size, "Pictures a step (64)", at_least(1));
  list.add("warmup-epochs", options.warmup_epochs, "Epochs of linear growth of the learning rate (2)", at_least(0));
  list.add("arch", options.arch, "Architecture", one_of(model_names()));
  list.add("lr", options.lr, "Learning rate; drops to a tenth after each third of the epochs", at_least(0));
  list.add("momentum", options.momentum, "Of momentum SGD and SGDP", within(0, 1));
  list.add("weight-decay", options.weight_decay, "Of all three", at_least(0));
  list.add("seed", options.seed, "Of initial weights, order and augmentation");
  list.add("limit-train", options.limit_train, "Training pictures an epoch; 0: all", at_least(0));
  list.add("limit-val", options.limit_val, "Validation pictures; 0: all", at_least(0));
  list_threads(list, options.threads);
  list.add("workers", options.workers, "Threads that make batches", at_least(0));
  list.add("published", options.published, "Published curves, drawn thin").type = "CSV";
  add_json(list, options.json, "Prints the summary as JSON");
}

}  // namespace

Command reproduce_command() {
  Command reproduce{.name = "reproduce", .help = "Train and draw a figure of the paper, in one command"};
  reproduce.parts.push_back(command("figure3",
                                    "Weight norms, effective steps and accuracy of vanilla SGD, momentum SGD and SGDP",
                                    list_figure3_options, run_figure3));
  return reproduce;
}

}  // namespace radial::apps
