// Orders that put the classes of a batch together.
#include "data/orders.h"

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

}  // namespace radial
