#include "train/loaders.h"

#include <utility>

#include "core/error.h"
#include "dist/group.h"
#include "dist/share.h"

namespace radial {
namespace {

Order order_of(const TrainOptions& options, const Samples& samples, bool shuffle) {
  return shuffle ? shuffled(samples.size(), options.seed) : in_order(samples.size());
}

Loader loader_of(const TrainOptions& options, std::shared_ptr<const Samples> samples, const Order& order, int64_t limit,
                 bool drop_last, const Share& share = {0, 1}, int64_t of = 1) {
  return {std::move(samples), limited(order, limit),
          LoaderOptions{.batch_size = options.batch_size,
                        .drop_last = drop_last,
                        .seed = options.seed,
                        .workers = options.workers.value_or(1),
                        .on_bad = options.on_bad,
                        .share_first = share.first,
                        .share_end = share.end,
                        .share_of = of}};
}

}  // namespace

Loader training_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples) {
  const Order order = order_of(options, *samples, options.shuffle);
  return training_loader(options, std::move(samples), order);
}

Loader training_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples, const Order& order) {
  const int64_t batches = options.accumulate.value_or(1);
  check(batches >= world().size(), "several processes: ", world().size(), " share out the batches of a step but ",
        "--accumulate is ", batches, ": start at most ", batches);
  return loader_of(options, std::move(samples), order, options.limit_train, options.drop_last,
                   share_of(world().rank(), world().size(), batches), batches);
}

Loader whole_training_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples) {
  const Order order = order_of(options, *samples, options.shuffle);
  return loader_of(options, std::move(samples), order, options.limit_train, options.drop_last);
}

Loader evaluation_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples) {
  const Order order = order_of(options, *samples, options.shuffle && options.limit_val > 0);
  return loader_of(options, std::move(samples), order, options.limit_val, false);
}

}  // namespace radial
