// radial bench loader: pictures a second of reading, decoding, augmenting, normalising and batching.
#include "data/loader.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/bench/bench.h"
#include "apps/cli/option_checks.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

struct BenchLoaderOptions {
  std::string data;
  std::string split = "train";
  std::string augment = "standard";
  LoaderOptions loader;
  bool json = false;
};

int run_bench_loader(BenchLoaderOptions options) {
  options.loader.transform.augment = *augment_of(options.augment);
  options.loader.transform.train = options.split == "train";
  const ImageFolder folder = open_split(options.data, options.split);
  Loader loader(folder, options.loader);
  loader.start(1);
  while (loader.next()) {  // the first epoch brings the files into the system's cache
  }
  const Stopwatch watch;
  loader.start(2);
  int64_t images = 0;
  while (const auto batch = loader.next()) images += batch->images.dim(0);
  const double rate = static_cast<double>(images) / watch.seconds();
  if (options.json)
    print_json_line({{"images_per_second", rate}, {"workers", options.loader.workers}, {"images", images}});
  else
    fmt::print("{:.1f} pictures a second ({} pictures, {} workers, {} px, augment {})\n", rate, images,
               options.loader.workers, options.loader.transform.image_size, options.augment);
  return 0;
}

}  // namespace

void add_bench_loader(CLI::App& bench, Chosen& chosen) {
  auto options = std::make_shared<BenchLoaderOptions>();
  options->loader.batch_size = 64;
  CLI::App* command = bench.add_subcommand(
      "loader", "Pictures a second of reading, decoding, augmenting, normalising and batching, in the second epoch");
  command->add_option("data", options->data, "Has train/<class>/* and val/<class>/*")->required()->type_name("DATA");
  command->add_option("--split", options->split, "train, or val for evaluation's transform")
      ->check(one_of({"train", "val"}))
      ->capture_default_str();
  command->add_option("--image-size", options->loader.transform.image_size, "Width and height that the network sees")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--augment", options->augment, "What training does to a picture")
      ->check(one_of({"standard", "crop", "flip", "none"}))
      ->capture_default_str();
  command->add_option("--batch-size", options->loader.batch_size, "Pictures a batch")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--workers", options->loader.workers, "Threads; 0: in the calling thread")
      ->check(at_least(0))
      ->capture_default_str();
  command->add_option("--limit", options->loader.limit, "Pictures an epoch; 0: all")
      ->check(at_least(0))
      ->capture_default_str();
  command->add_flag("--json,!--no-json", options->json, "A JSON object a line");
  command->callback([&chosen, options] { chosen.run = [options] { return run_bench_loader(*options); }; });
}

}  // namespace radial::apps
