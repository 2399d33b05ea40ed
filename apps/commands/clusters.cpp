// radial clusters: sorts pictures by texture, for the unbiased accuracy of --task rebias.
#include <filesystem>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/progress.h"
#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "core/error.h"
#include "core/ops.h"
#include "data/picture_samples.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "io/json_lines.h"
#include "tasks/rebias/texture.h"

namespace radial::apps {
namespace {

struct ClustersOptions {
  explicit ClustersOptions(const std::string& task) : trained(task) {}

  TrainedTaskOptions trained;
  std::string data, split = "val", out = "clusters.csv";
  int convolution = 7, clusters = 9, clusterings = 3;
  uint64_t seed = 0;
  OnBadSample on_bad = OnBadSample::error;
  bool json = false;
};

struct Textures {
  Tensor rows;                     // [n, d]
  std::vector<std::string> files;  // relative to the split's folder
};

Textures textures_of(Task& task, int convolution) {
  auto* network = dynamic_cast<Classifier*>(task.parties()[0].network);
  check(network != nullptr, "clusters: the network is no classifier of pictures");
  network->eval();
  Loader& loader = *task.loaders().front();
  const std::filesystem::path root = loader.samples().place();
  Progress progress;
  std::vector<Tensor> parts;
  Textures found;
  for_each_batch(
      loader, {.stop = {}, .progress = [&](int64_t batch, int64_t all) { progress.evaluating(batch, all); }},
      [&](const Batch& batch) {
        parts.push_back(texture(*network, batch[PictureSamples::image], convolution));
        for (const int64_t sample : batch.samples)
          found.files.push_back(
              std::filesystem::path(loader.samples().name(sample)).lexically_relative(root).generic_string());
      });
  check(!parts.empty(), ErrorKind::dataset, "clusters: no picture could be used (", root.string(), ")");
  found.rows = concat(parts);
  return found;
}

int run_clusters(const ClustersOptions& given, const OptionList& list) {
  check_writable(given.out);
  const TrainedTask trained = load_trained_task(given.trained, list);
  TrainOptions& options = trained.settings->train;
  options.data = given.data;
  options.device = "cpu";
  options.batch_size = 16;
  options.limit_val = 0;
  options.on_bad = given.on_bad;
  trained.settings->resolve();
  const auto task = trained.settings->task->open_for_evaluation(options, given.split, trained.weights());
  const Textures textures = textures_of(*task, given.convolution);
  std::vector<std::vector<int32_t>> clusterings;
  std::string text = "file";
  for (int i = 1; i <= given.clusterings; ++i) {
    clusterings.push_back(k_means(textures.rows, given.clusters, given.seed + static_cast<uint64_t>(i - 1)));
    text += fmt::format(",cluster{}", i);
  }
  text += '\n';
  for (size_t row = 0; row < textures.files.size(); ++row) {
    text += CsvField(textures.files[row]).text();
    for (const std::vector<int32_t>& clustering : clusterings) text += fmt::format(",{}", clustering[row]);
    text += '\n';
  }
  write_atomically(given.out, text);
  if (given.json)
    print_json_line({{"file", given.out}, {"images", textures.files.size()}, {"clusters", given.clusters}});
  else
    fmt::print("{}: {} pictures in {} clusters, {} times\n", given.out, textures.files.size(), given.clusters,
               given.clusterings);
  return 0;
}

}  // namespace

Command clusters_command(const std::vector<std::string>& words) {
  Command command{.name = "clusters", .help = "Sort pictures by texture, for the unbiased accuracy of --task rebias"};
  const auto options = std::make_shared<ClustersOptions>(task_of_weights(words));
  OptionList& list = command.options;
  list_options(list, options->trained);
  list.add_argument("data", options->data, "DATA", "Folder with train/ and val/").required = true;
  list.add("split", options->split, "val or train", one_of({"val", "train"}));
  list.add("out", options->out, "CSV file to write: file,cluster1,...").type = "FILE";
  list.add("convolution", options->convolution, "Whose result is looked at, from 1; VGG16's conv3_3 is 7", at_least(1));
  list.add("clusters", options->clusters, "Clusters", at_least(1));
  list.add("clusterings", options->clusterings, "How often, with seeds of their own", at_least(1));
  list.add("seed", options->seed, "Of the first centres");
  list_on_bad(list, options->on_bad);
  add_json(list, options->json, "A JSON object instead of a sentence");
  command.run = [options](OptionList& parsed) { return run_clusters(*options, parsed); };
  return command;
}

}  // namespace radial::apps
