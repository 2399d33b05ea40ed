#include "data/orders.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/random.h"

namespace radial {
namespace {

// The samples of each class that has some.
std::vector<std::vector<int64_t>> samples_by_class(const std::vector<int32_t>& labels) {
  std::vector<std::vector<int64_t>> samples_of;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<size_t>(labels[i]);
    if (samples_of.size() <= label) samples_of.resize(label + 1);
    samples_of[label].push_back(static_cast<int64_t>(i));
  }
  std::erase_if(samples_of, [](const auto& samples) { return samples.empty(); });
  return samples_of;
}

}  // namespace

Order in_order(int64_t samples) {
  return {samples, [samples](int) {
            std::vector<int64_t> order(static_cast<size_t>(samples));
            std::iota(order.begin(), order.end(), 0);
            return order;
          }};
}

Order shuffled(int64_t samples, uint64_t seed) {
  return {samples, [samples, seed](int epoch) {
            std::vector<int64_t> order = in_order(samples).of(epoch);
            Random random(seed, Stream::shuffle, static_cast<uint32_t>(epoch));
            for (int64_t i = samples - 1; i > 0; --i)  // Fisher and Yates
              std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(random.below(i + 1))]);
            return order;
          }};
}

Order limited(const Order& order, int64_t size) {
  check(size >= 0, "order: the limit is ", size, " but must be 0 (none) or positive");
  if (size == 0 || size >= order.size) return order;
  return {size, [of = order.of, size](int epoch) {
            std::vector<int64_t> all = of(epoch);
            all.resize(static_cast<size_t>(size));
            return all;
          }};
}

Order equal_classes(const std::vector<int32_t>& labels, uint64_t seed) {
  return {std::ssize(labels), [samples_of = samples_by_class(labels), size = labels.size(), seed](int epoch) {
            std::vector<int64_t> order(size);
            Random random(seed, Stream::shuffle, static_cast<uint32_t>(epoch));
            for (int64_t& sample : order) {
              const auto& samples = samples_of[static_cast<size_t>(random.below(std::ssize(samples_of)))];
              sample = samples[static_cast<size_t>(random.below(std::ssize(samples)))];
            }
            return order;
          }};
}

Order balanced(const std::vector<int32_t>& labels, int64_t batch_size, int64_t per_class, uint64_t seed) {
  check(per_class > 0 && batch_size % per_class == 0, "order: batches of ", batch_size, " samples with ", per_class,
        " of each class: the one must be a multiple of the other");
  std::vector<std::vector<int64_t>> samples_of = samples_by_class(labels);
  const int64_t classes = std::ssize(samples_of), wanted = batch_size / per_class;
  check(wanted <= classes, "order: batches of ", batch_size, " samples with ", per_class, " of each class take ",
        wanted, " classes but there are ", classes);
  const int64_t batches = std::max<int64_t>(std::ssize(labels) / batch_size, 1);
  return {batches * batch_size, [samples_of = std::move(samples_of), batches, wanted, per_class, seed](int epoch) {
            std::vector<int64_t> order, places = in_order(std::ssize(samples_of)).of(epoch);
            for (int64_t batch = 0; batch < batches; ++batch) {
              Random random(seed, Stream::shuffle, static_cast<uint32_t>(epoch), static_cast<uint64_t>(batch) + 1);
              std::iota(places.begin(), places.end(), 0);
              for (int64_t i = 0; i < wanted; ++i) {
                std::swap(places[static_cast<size_t>(i)],
                          places[static_cast<size_t>(i + random.below(std::ssize(places) - i))]);
                const auto& samples = samples_of[static_cast<size_t>(places[static_cast<size_t>(i)])];
                for (int64_t k = 0; k < per_class; ++k)
                  order.push_back(samples[static_cast<size_t>(random.below(std::ssize(samples)))]);
              }
            }
            return order;
          }};
}

}  // namespace radial
