#include "data/orders.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/random.h"

namespace radial {

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

}  // namespace radial
