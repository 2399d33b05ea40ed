// Which samples an epoch takes, and when.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace radial {

// A function of the epoch alone, so that an epoch can be entered anywhere. A sample may come several times; each time
// it is read with random numbers of its own.
struct Order {
  int64_t size = 0;                                        // samples of an epoch, the same in each
  std::function<std::vector<int64_t>(int epoch)> of = {};  // their numbers
};

Order in_order(int64_t samples);                  // 0 to samples - 1
Order shuffled(int64_t samples, uint64_t seed);   // a permutation that (seed, epoch) decides
Order limited(const Order& order, int64_t size);  // the first so many of each epoch; 0: all

// As many samples as there are labels, drawn with replacement: each is of any class with the same probability, and any
// of its samples: PyTorch's WeightedRandomSampler with a weight of 1 / (samples of the class). A rare class comes as
// often as others, its samples more often; classes without samples are none.
Order equal_classes(const std::vector<int32_t>& labels, uint64_t seed);

// Batches of some classes with some samples of each, for losses that compare the samples of a batch: each batch takes
// batch_size / per_class classes, none twice, and per_class samples of each with replacement. An epoch has
// samples / batch_size batches, but at least one. labels: of each sample, in [0, classes). Throws Error(usage) if
// per_class does not divide batch_size, or if there are fewer classes with samples than a batch takes.
Order balanced(const std::vector<int32_t>& labels, int64_t batch_size, int64_t per_class, uint64_t seed);

}  // namespace radial
