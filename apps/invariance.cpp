// radial invariance: shows that f(c w) = f(w) and w . grad f(w) = 0, parameter by parameter.
#include "analysis/invariance.h"

#include <cmath>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "apps/option_checks.h"
#include "core/error.h"
#include "core/ops.h"
#include "core/random.h"
#include "data/loader.h"
#include "io/json_lines.h"
#include "models/models.h"
#include "nn/weights.h"

namespace radial::apps {
namespace {

struct InvarianceOptions {
  ModelOptions model{.classes = 10, .image_size = 64};
  std::string stem = "imagenet";
  std::string weights, data;
  int64_t batch_size = 8;
  bool json = false;
};

struct Pictures {
  Tensor images, labels;
};

// Noise with random labels: invariance does not depend on what is in the pictures.
Pictures random_pictures(const InvarianceOptions& o) {
  const int64_t size = o.model.image_size;
  Random random(o.model.seed, Stream::noise);
  Pictures pictures{Tensor::empty({o.batch_size, size, size, 3}, DType::f64),
                    Tensor::empty({o.batch_size}, DType::i32)};
  double* pixels = pictures.images.data<double>();
  for (int64_t i = 0; i < pictures.images.numel(); ++i) pixels[i] = random.normal();
  for (int64_t i = 0; i < o.batch_size; ++i)
    pictures.labels.data<int32_t>()[i] = static_cast<int32_t>(random.below(o.model.classes));
  return pictures;
}

Pictures first_batch(const InvarianceOptions& o, const ImageFolder& folder) {
  LoaderOptions loading;
  loading.batch_size = o.batch_size;
  loading.seed = o.model.seed;
  loading.dtype = DType::f64;
  loading.workers = 0;
  loading.transform.image_size = o.model.image_size;
  loading.transform.train = false;
  Loader loader(folder, loading);
  loader.start(1);
  const auto batch = loader.next();
  check(batch.has_value(), ErrorKind::dataset, "invariance: ", o.data, " has no pictures");
  return {batch->images, batch->labels};
}

void print_table(const std::vector<InvarianceRow>& rows) {
  constexpr const char* row_format = "{:<32} {:>12} {:>12} {:>12}  {}\n";
  fmt::print(row_format, "parameter", "loss, x 0.1", "loss, x 10", "cos(w, grad)", "scale-invariant");
  for (const InvarianceRow& row : rows)
    fmt::print(row_format, row.name, fmt::format("{:.1e}", row.change_small), fmt::format("{:.1e}", row.change_large),
               fmt::format("{:.1e}", row.cos_grad), row.scale_invariant ? "yes" : "no");
}

int run_invariance(InvarianceOptions o) {
  o.model.stem = stem_from(o.stem);
  TensorFile file;
  if (!o.weights.empty()) {
    if (std::filesystem::is_directory(o.weights)) o.weights += "/checkpoints/last.safetensors";
    file = read_safetensors(o.weights);
    o.model = from_metadata(file.metadata, o.model, o.weights);
    check_sizes(o.model, file, o.weights);
  }
  ImageFolder folder;
  if (!o.data.empty()) {
    folder = open_split(o.data, "train");
    const int classes = static_cast<int>(folder.classes.size());
    if (o.weights.empty()) o.model.classes = classes;
    check(classes <= o.model.classes, "invariance: ", o.data, " has ", classes, " classes but the model ",
          o.model.classes);
  }
  const auto model = make_model(o.model);
  if (!o.weights.empty()) load_weights(*model, file, o.weights);
  model->to(DType::f64);
  model->train();  // batch norm normalises with the batch's statistics
  const Pictures pictures = o.data.empty() ? random_pictures(o) : first_batch(o, folder);

  std::vector<NamedTensor> parameters = model->parameters();
  const auto rows =
      test_invariance([&] { return cross_entropy(model->forward(pictures.images), pictures.labels); }, parameters);
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

}  // namespace

void add_invariance(CLI::App& root, Chosen& chosen) {
  auto options = std::make_shared<InvarianceOptions>();
  CLI::App* command = root.add_subcommand(
      "invariance", "Show which weights are scale-invariant: the loss when one is scaled, and cos(w, gradient)");
  command->add_option("data", options->data, "Pictures (DATA/train/<class>/*); random ones without")->type_name("DATA");
  command->add_option("--arch", options->model.arch, "Architecture")
      ->check(one_of(model_names()))
      ->capture_default_str();
  command->add_option("--stem", options->stem, "First layers of a ResNet")
      ->check(one_of({"imagenet", "cifar"}))
      ->capture_default_str();
  command->add_option("--weights", options->weights, "Weights (safetensors) or a run folder; initial ones without")
      ->type_name("FILE|RUN");
  command->add_option("--image-size", options->model.image_size, "Width and height of the pictures")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--batch-size", options->batch_size, "Pictures")->check(at_least(2))->capture_default_str();
  command->add_option("--seed", options->model.seed, "Seed of weights and pictures")->capture_default_str();
  command->add_flag("--json,!--no-json", options->json, "A JSON object a line instead of a table");
  command->callback([&chosen, options] { chosen.run = [options] { return run_invariance(*options); }; });
}

}  // namespace radial::apps
