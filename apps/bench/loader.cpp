// radial bench loader: pictures a second of reading, decoding, augmenting, normalising and batching.
#include "data/loader.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/bench/bench.h"
#include "data/picture_samples.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

struct BenchLoaderOptions {
  std::string data;
  std::string split = "train";
  TransformOptions transform;
  LoaderOptions loader = {.batch_size = 64};
  int64_t limit = 0;
  bool json = false;
};

int run_bench_loader(const BenchLoaderOptions& options) {
  TransformOptions transform = options.transform;
  transform.train = options.split == "train";
  const ImageFolder folder = open_split(options.data, options.split);
  Loader loader(std::make_shared<PictureSamples>(folder, transform, DType::f32),
                limited(shuffled(folder.size(), options.loader.seed), options.limit), options.loader);
  loader.start(1);
  while (loader.next()) {  // the first epoch brings the files into the system's cache
  }
  const Stopwatch watch;
  loader.start(2);
  int64_t images = 0;
  while (const auto batch = loader.next()) images += std::ssize(batch->samples);
  const double rate = static_cast<double>(images) / watch.seconds();
  if (options.json)
    print_json_line({{"images_per_second", rate}, {"workers", options.loader.workers}, {"images", images}});
  else
    fmt::print("{:.1f} pictures a second ({} pictures, {} workers, {} px, augment {})\n", rate, images,
               options.loader.workers, transform.image_size, name_of(augment_names(), transform.augment));
  return 0;
}

void list_bench_loader_options(OptionList& list, BenchLoaderOptions& options) {
  list.add_argument("data", options.data, "DATA", "Has train/<class>/* and val/<class>/*").required = true;
  list.add("split", options.split, "train, or val for evaluation's transform", one_of({"train", "val"}));
  list.add("image-size", options.transform.image_size, "Width and height that the network sees", at_least(1));
  list.add_choice("augment", options.transform.augment, augment_names(), "What training does to a picture");
  list.add("batch-size", options.loader.batch_size, "Pictures a batch", at_least(1));
  list.add("workers", options.loader.workers, "Threads; 0: in the calling thread", at_least(0));
  list.add("limit", options.limit, "Pictures an epoch; 0: all", at_least(0));
  add_json(list, options.json);
}

}  // namespace

Command bench_loader_command() {
  return command("loader",
                 "Pictures a second of reading, decoding, augmenting, normalising and batching, in the second epoch",
                 list_bench_loader_options, run_bench_loader);
}

}  // namespace radial::apps
