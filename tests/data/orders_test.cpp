// Orders that put the classes of a batch together.
#include "data/orders.h"

#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

std::vector<int32_t> seven_classes() {  // of 3 to 9 samples
  std::vector<int32_t> labels;
  for (int32_t label = 0; label < 7; ++label) labels.insert(labels.end(), static_cast<size_t>(3 + label), label);
  return labels;
}

}  // namespace

TEST_CASE("each batch of a balanced order has as many samples of each of its classes") {
  const std::vector<int32_t> labels = seven_classes();
  const Order order = balanced(labels, 12, 4, 5);
  CHECK(order.size == 36);  // 42 samples make three batches
  std::set<int64_t> seen;
  for (int epoch = 1; epoch <= 20; ++epoch) {
    const std::vector<int64_t> samples = order.of(epoch);
    REQUIRE(std::ssize(samples) == order.size);
    CHECK(samples == order.of(epoch));
    for (size_t begin = 0; begin < samples.size(); begin += 12) {
      std::map<int32_t, int> counts;
      for (size_t i = begin; i < begin + 12; ++i) ++counts[labels[static_cast<size_t>(samples[i])]];
      CHECK(counts.size() == 3);
      for (const auto& [label, count] : counts) CHECK(count == 4);
    }
    seen.insert(samples.begin(), samples.end());
  }
  CHECK(seen.size() == labels.size());
  CHECK(order.of(1) != order.of(2));
  CHECK(order.of(1) != balanced(labels, 12, 4, 6).of(1));
}

TEST_CASE("a balanced order has a batch where there are fewer samples, and refuses what cannot be") {
  CHECK(balanced({0, 1}, 8, 4, 1).size == 8);
  CHECK(balanced({0, 2, 2}, 8, 4, 1).of(1).size() == 8);  // a class without a sample is none
  CHECK_THROWS_WITH(balanced(seven_classes(), 10, 4, 1), ContainsSubstring("multiple"));
  CHECK_THROWS_WITH(balanced(seven_classes(), 16, 2, 1), ContainsSubstring("take 8 classes but there are 7"));
}

TEST_CASE("an order of equal classes draws each class as often, and every sample of it") {
  std::vector<int32_t> labels(90, 0);
  labels.insert(labels.end(), 9, 1);
  labels.push_back(4);  // 2 and 3 have no sample
  const Order order = equal_classes(labels, 5);
  CHECK(order.size == 100);
  std::map<int64_t, int> times;
  for (int epoch = 1; epoch <= 300; ++epoch) {
    const std::vector<int64_t> samples = order.of(epoch);
    REQUIRE(std::ssize(samples) == order.size);
    REQUIRE(samples == order.of(epoch));
    for (const int64_t sample : samples) ++times[sample];
  }
  CHECK(times.size() == 100);
  std::map<int32_t, int> of_class;
  for (const auto& [sample, count] : times) of_class[labels[static_cast<size_t>(sample)]] += count;
  for (const auto& [label, count] : of_class) CHECK(count == Catch::Approx(10000).margin(350));  // 4 deviations: 327
  // As PyTorch's sampler: 30,000 draws, each sample with 1 / (3 n_class).
  for (const auto& [sample, count] : times) {
    const double p = 1.0 / (3 * (sample < 90 ? 90 : sample < 99 ? 9 : 1)), mean = 30000 * p;
    CHECK(std::abs(count - mean) < 5 * std::sqrt(mean * (1 - p)));
  }
  CHECK(order.of(1) != order.of(2));
  CHECK(order.of(1) != equal_classes(labels, 6).of(1));
}

}  // namespace radial
