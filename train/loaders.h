// The loaders of a task, as the options of the training have it: order, limit, batch size, workers.
#pragma once

#include <memory>

#include "data/loader.h"
#include "train/options.h"

namespace radial {

// Those of training make this process's batches of each step alone, where there are several processes.

// In a new order each epoch, unless --no-shuffle.
Loader training_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples);

// In an order of the task's own, of which --limit-train takes the first.
Loader training_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples, const Order& order);

// As the first, with the batches that other processes make, too.
Loader whole_training_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples);

// All of them in their own order; with --limit-val some from all over, as the first of a sorted list are often alike.
Loader evaluation_loader(const TrainOptions& options, std::shared_ptr<const Samples> samples);

}  // namespace radial
