// radial inspect: a model layer by layer, with what each costs and which weights are scale-invariant.
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "apps/option_checks.h"
#include "core/error.h"
#include "io/json_lines.h"
#include "io/safetensors.h"
#include "models/models.h"
#include "nn/summary.h"
#include "nn/weights.h"

namespace radial::apps {
namespace {

struct InspectOptions {
  ModelOptions model;
  std::string stem = "imagenet";
  std::string file;               // weights or a run folder; empty: the architecture alone
  std::optional<int> image_size;  // otherwise the one of the file, or 224
  bool json = false;
};

// The weights of a run are those of its last checkpoint.
std::string weights_path(const std::string& file_or_run) {
  if (!std::filesystem::is_directory(file_or_run)) return file_or_run;
  return (std::filesystem::path(file_or_run) / "checkpoints" / "last.safetensors").string();
}

// Extents from `first` on: 64x7x7x3.
std::string extents(const Shape& shape, int first = 0) {
  return fmt::format("{}", fmt::join(shape.begin() + first, shape.end(), "x"));
}

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
    fmt::print(row, layer.name, name_of(layer.kind), extents(layer.shape), with_commas(layer.parameters),
               with_commas(layer.multiply_adds), extents(layer.output, 1), layer.scale_invariant ? "yes" : "");
  fmt::print("\n{}: {} parameters, {} multiply-adds a picture, {} parameters ({:.1f} %) in scale-invariant weights\n",
             arch, with_commas(summary.parameters), with_commas(summary.multiply_adds),
             with_commas(summary.scale_invariant),
             100 * static_cast<double>(summary.scale_invariant) / static_cast<double>(summary.parameters));
}

int run_inspect(InspectOptions options) {
  options.model.stem = stem_from(options.stem);
  options.model.image_size = options.image_size.value_or(options.model.image_size);
  std::unique_ptr<Module> model;
  if (options.file.empty()) {
    model = make_model(options.model);
  } else {
    const std::string path = weights_path(options.file);
    const TensorFile file = read_safetensors(path);
    options.model = from_metadata(file.metadata, options.model, path);
    check_sizes(options.model, file, path);
    model = make_model(options.model);
    load_weights(*model, file, path);
  }
  const int64_t size = options.image_size.value_or(options.model.image_size);
  const ModelSummary summary = summarise(*model, {1, size, size, 3});
  options.json ? print_json(options.model.arch, summary) : print_table(options.model.arch, summary);
  return 0;
}

}  // namespace

void add_inspect(CLI::App& root, Chosen& chosen) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = root.add_subcommand(
      "inspect", "Show a model layer by layer: shapes, parameters, multiply-adds, scale-invariant weights");
  command->add_option("file", options->file, "Weights (safetensors) or a run folder")->type_name("FILE|RUN");
  command->add_option("--arch", options->model.arch, "Architecture")
      ->check(one_of(model_names()))
      ->capture_default_str();
  command->add_option("--stem", options->stem, "First layers of a ResNet: imagenet or cifar")
      ->check(one_of({"imagenet", "cifar"}))
      ->capture_default_str();
  command->add_option("--classes", options->model.classes, "Outputs of the last layer")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--image-size", options->image_size, "Width and height of the pictures (224, or as in the file)")
      ->check(at_least(1));
  command->add_flag("--json,!--no-json", options->json, "A JSON object a line instead of a table");
  command->callback([&chosen, options] { chosen.run = [options] { return run_inspect(*options); }; });
}

}  // namespace radial::apps
