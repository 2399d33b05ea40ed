// radial invariance: shows that f(c w) = f(w) and w . grad f(w) = 0, parameter by parameter.
#include "analysis/invariance.h"

#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "core/error.h"
#include "core/ops.h"
#include "data/loader.h"
#include "data/picture_samples.h"
#include "data/random_pictures.h"
#include "io/json_lines.h"
#include "models/models.h"
#include "nn/weights.h"
#include "train/checkpoint.h"

namespace radial::apps {
namespace {

struct InvarianceOptions {
  // Where nothing is given, those of the weights, or resnet18 for 64 pixels.
  std::optional<std::string> arch;
  std::optional<Stem> stem;
  std::optional<Shortcut> shortcut;
  std::optional<int> image_size, in_channels;
  uint64_t seed = 0;
  std::string weights, data;
  int64_t batch_size = 8;
  bool json = false;
};

Batch first_batch(const ModelOptions& model, int64_t count, const ImageFolder& folder) {
  TransformOptions transform{.image_size = model.image_size, .train = false, .channels = model.in_channels};
  if (transform.channels == 1) {
    transform.mean.fill(grey_mean);
    transform.std.fill(grey_std);
  }
  Loader loader(std::make_shared<PictureSamples>(folder, transform, DType::f64), shuffled(folder.size(), model.seed),
                {.batch_size = count, .seed = model.seed, .workers = 0});
  loader.start(1);
  auto batch = loader.next();
  check(batch.has_value(), ErrorKind::dataset, "invariance: ", folder.root.string(), " has no pictures");
  return std::move(*batch);
}

void print_table(const std::vector<InvarianceRow>& rows) {
  constexpr const char* row_format = "{:<32} {:>12} {:>12} {:>12}  {}\n";
  fmt::print(row_format, "parameter", "loss, x 0.1", "loss, x 10", "cos(w, grad)", "scale-invariant");
  for (const InvarianceRow& row : rows)
    fmt::print(row_format, row.name, fmt::format("{:.1e}", row.change_small), fmt::format("{:.1e}", row.change_large),
               fmt::format("{:.1e}", row.cos_grad), row.scale_invariant ? "yes" : "no");
}

ModelOptions model_options(const InvarianceOptions& o, const TensorFile& file, const std::string& path) {
  ModelOptions model = from_metadata(file.metadata, {.classes = 10, .image_size = 64}, path);
  if (o.arch) model.arch = *o.arch;
  if (o.stem) model.stem = *o.stem;
  if (o.shortcut) model.shortcut = *o.shortcut;
  if (o.image_size) model.image_size = *o.image_size;
  if (o.in_channels) model.in_channels = *o.in_channels;
  model.seed = o.seed;
  return model;
}

int run_invariance(const InvarianceOptions& o) {
  const std::string path = o.weights.empty() ? "" : weights_path(o.weights);
  const TensorFile file = path.empty() ? TensorFile() : read_classifier(path, "invariance");
  ModelOptions options = model_options(o, file, path);
  if (!path.empty()) check_sizes(options, file, path);
  ImageFolder folder;
  if (!o.data.empty()) {
    folder = open_split(o.data, "train");
    const int classes = static_cast<int>(folder.classes.size());
    if (path.empty()) options.classes = classes;
    check(classes <= options.classes, "invariance: ", o.data, " has ", classes, " classes but the model ",
          options.classes);
  }
  const auto model = make_model(options);
  if (!path.empty()) load_weights(*model, file, path, {.any_prefix = true});
  model->to(DType::f64);
  model->train();  // batch norm normalises with the batch's statistics
  const Batch batch = o.data.empty() ? random_pictures(o.batch_size, options.image_size, options.classes, DType::f64,
                                                       options.seed, options.in_channels)
                                     : first_batch(options, o.batch_size, folder);
  const Tensor& pictures = batch[PictureSamples::image];
  const Tensor& labels = batch[PictureSamples::label];

  std::vector<NamedTensor> parameters = model->parameters();
  const auto rows = test_invariance([&] { return cross_entropy(model->forward(pictures), labels); }, parameters);
  if (!o.json) {
    print_table(rows);
    return 0;
  }
  for (const InvarianceRow& row : rows)
    print_json_line({{"name", row.name},
                     {"loss_change", {{"0.1", row.change_small}, {"10", row.change_large}}},
                     {"cos_grad", row.cos_grad},
                     {"scale_invariant", row.scale_invariant}});
  return 0;
}

void list_invariance_options(OptionList& list, InvarianceOptions& options) {
  list.add_argument("data", options.data, "DATA", "Pictures (DATA/train/<class>/*); random ones without");
  list.add("arch", options.arch, "Architecture (that of the weights, or resnet18)", model_name());
  list.add_choice("stem", options.stem, stem_names(), "First layers of a ResNet (those of the weights, or imagenet)");
  list.add_choice("shortcut", options.shortcut, shortcut_names(), "Of a wide ResNet (that of the weights, or pad)");
  list.add("weights", options.weights, "Weights (safetensors, .pth) or a run folder; initial ones without").type =
      "FILE|RUN";
  list.add("image-size", options.image_size, "Width and height of the pictures (that of the weights, or 64)",
           at_least(1));
  list.add("in-chans", options.in_channels, "Channels of the pictures (as in the weights, or 3)", one_of({"1", "3"}));
  list.add("batch-size", options.batch_size, "Pictures", at_least(2));
  list.add("seed", options.seed, "Seed of weights and pictures");
  add_json(list, options.json, "A JSON object a line instead of a table");
}

}  // namespace

Command invariance_command() {
  return command("invariance",
                 "Show which weights are scale-invariant: the loss when one is scaled, and cos(w, gradient)",
                 list_invariance_options, run_invariance);
}

}  // namespace radial::apps
