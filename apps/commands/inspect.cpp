// radial inspect: a model layer by layer, with what each costs and which weights are scale-invariant.
#include <optional>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "core/error.h"
#include "io/json_lines.h"
#include "io/safetensors.h"
#include "models/models.h"
#include "nn/summary.h"
#include "nn/weights.h"
#include "train/checkpoint.h"

namespace radial::apps {
namespace {

struct InspectOptions {
  std::string file;  // weights or a run folder; empty: the architecture alone
  // Where nothing is given, those of the file, or ModelOptions'.
  std::optional<std::string> arch;
  std::optional<Stem> stem;
  std::optional<Shortcut> shortcut;
  std::optional<int> classes, image_size, in_channels;
  bool json = false;
};

std::string with_commas(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::vector<int64_t> list(const Shape& shape) { return {shape.begin(), shape.end()}; }

void print_json(const std::string& arch, const ModelSummary& summary) {
  print_json_line({{"arch", arch},
                   {"parameters", summary.parameters},
                   {"multiply_adds", summary.multiply_adds},
                   {"scale_invariant", summary.scale_invariant}});
  for (const LayerSummary& layer : summary.layers)
    print_json_line({{"name", layer.name},
                     {"kind", name_of(layer.kind)},
                     {"shape", list(layer.shape)},
                     {"parameters", layer.parameters},
                     {"multiply_adds", layer.multiply_adds},
                     {"output", list(layer.output)},
                     {"scale_invariant", layer.scale_invariant}});
}

void print_table(const std::string& arch, const ModelSummary& summary) {
  constexpr const char* row = "{:<30} {:<7} {:<16} {:>12} {:>14}  {:<13} {}\n";
  fmt::print(row, "layer", "kind", "weight", "parameters", "multiply-adds", "output", "scale-invariant");
  for (const LayerSummary& layer : summary.layers)
    fmt::print(row, layer.name, name_of(layer.kind), layer.shape.extents(), with_commas(layer.parameters),
               with_commas(layer.multiply_adds), layer.output.extents(1), layer.scale_invariant ? "yes" : "");
  fmt::print("\n{}: {} parameters, {} multiply-adds a sample, {} parameters ({:.1f} %) in scale-invariant weights\n",
             arch, with_commas(summary.parameters), with_commas(summary.multiply_adds),
             with_commas(summary.scale_invariant),
             100 * static_cast<double>(summary.scale_invariant) / static_cast<double>(summary.parameters));
}

ModelOptions model_options(const InspectOptions& o, const TensorFile& file, const std::string& path) {
  ModelOptions model = from_metadata(file.metadata, {}, path);
  if (o.arch) model.arch = *o.arch;
  if (o.stem) model.stem = *o.stem;
  if (o.shortcut) model.shortcut = *o.shortcut;
  if (o.classes) model.classes = *o.classes;
  if (o.image_size) model.image_size = *o.image_size;
  if (o.in_channels) model.in_channels = *o.in_channels;
  return model;
}

void print(const InspectOptions& options, const std::string& arch, const ModelSummary& summary) {
  options.json ? print_json(arch, summary) : print_table(arch, summary);
}

// Its weights say which network it is, and none of the options changes it.
void inspect_other_task(const InspectOptions& options, const OptionList& list, const TensorFile& file,
                        const std::string& path, const std::string& task) {
  for (const Option& option : list.all())
    check(!option.given || option.argument || option.role == Role::call, "inspect: ", path, " is of --task ", task,
          ", whose networks take no ", option.shown_name());
  const auto settings = settings_of(file, path, task);
  TrainOptions& train = settings->train;
  train.device = "cpu";
  if (train.dtype != "float64") train.dtype = "float32";
  settings->resolve();
  const ModelSummary summary = settings->task->summary(train, {file, path, classes_of(file, path)});
  print(options, settings->task->network(), summary);
}

int run_inspect(const InspectOptions& options, const OptionList& list) {
  const std::string path = options.file.empty() ? "" : weights_path(options.file);
  const TensorFile file = path.empty() ? TensorFile() : read_and_tell(path);
  if (const std::string task = task_of_file(file, path); !classifies_pictures(task)) {
    inspect_other_task(options, list, file, path, task);
    return 0;
  }
  const ModelOptions chosen = model_options(options, file, path);
  if (!path.empty()) check_sizes(chosen, file, path);
  const auto model = make_model(chosen);
  if (!path.empty()) load_weights(*model, file, path, {.any_prefix = true});
  const int64_t size = chosen.image_size;
  print(options, chosen.arch, summarise(*model, {1, size, size, chosen.in_channels}));
  return 0;
}

void list_inspect_options(OptionList& list, InspectOptions& options) {
  list.add_argument("file", options.file, "FILE|RUN", "Weights (safetensors, .pth) or a run folder, of any task");
  list.add("arch", options.arch, "Architecture (that of the file, or resnet18)", model_name());
  list.add_choice("stem", options.stem, stem_names(), "First layers of a ResNet (those of the file, or imagenet)");
  list.add_choice("shortcut", options.shortcut, shortcut_names(), "Of a wide ResNet (as in the file, or pad)");
  list.add("classes", options.classes, "Outputs of the last layer (as in the file, or 1000)", at_least(1));
  list.add("image-size", options.image_size, "Width and height of the pictures (as in the file, or 224)", at_least(1));
  list.add("in-chans", options.in_channels, "Channels of the pictures (as in the file, or 3)", one_of({"1", "3"}));
  add_json(list, options.json, "A JSON object a line instead of a table");
}

}  // namespace

Command inspect_command() {
  return command("inspect", "Show a model layer by layer: shapes, parameters, multiply-adds, scale-invariant weights",
                 list_inspect_options, run_inspect);
}

}  // namespace radial::apps
