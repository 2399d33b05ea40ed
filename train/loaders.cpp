#include "train/loaders.h"

#include <utility>

namespace radial {
namespace {

Loader loader_of(const TrainOptions& options, std::shared_ptr<const Samples> samples, bool shuffle, int64_t limit,
                 bool drop_last) {
  const int64_t size = samples->size();
  const Order order = limited(shuffle ? shuffled(size, options.seed) : in_order(size), limit);
  return {std::move(samples), order,
          LoaderOptions{.batch_size = options.batch_size,
                        .drop_last = drop_last,
                        .seed = options.seed,
                        .workers = options.workers.value_or(1),
                        .on_bad = options.on_bad}};
}

}  // namespace

Loader training_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples) {
  return loader_of(options, std::move(samples), options.shuffle, options.limit_train, options.drop_last);
}

Loader evaluation_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples) {
  return loader_of(options, std::move(samples), options.shuffle && options.limit_val > 0, options.limit_val, false);
}

}  // namespace radial
