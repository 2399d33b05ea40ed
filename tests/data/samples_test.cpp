// Samples of any kind in any order: fields of several types, ragged values, a sample that comes twice.
#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "core/error.h"
#include "data/loader.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

// Sample i has i % 4 values, i / 10, and a number that its reader drew.
class Ragged : public Samples {
 public:
  static constexpr size_t values = 0, count = 1, drawn = 2;

  int64_t size() const override { return 12; }
  std::span<const Field> fields() const override { return fields_; }
  std::string name(int64_t sample) const override { return "sample " + std::to_string(sample); }
  std::string place() const override { return "here"; }
  std::unique_ptr<Reader> reader() const override { return std::make_unique<RaggedReader>(); }

 private:
  class RaggedReader : public Reader {
    void read(int64_t sample, Random random, std::span<std::byte* const> rows) override {
      if (sample == 7) throw BadSample("sample 7 is broken");
      const auto n = static_cast<int32_t>(sample % 4);
      std::array<float, 3> all{};
      std::fill_n(all.begin(), n, static_cast<float>(sample) / 10);
      const double number = random.uniform();
      std::memcpy(rows[values], all.data(), sizeof all);
      std::memcpy(rows[count], &n, sizeof n);
      std::memcpy(rows[drawn], &number, sizeof number);
    }
  };
  std::array<Field, 3> fields_ = {Field{"values", DType::f32, {3}}, Field{"count", DType::i32, {}},
                                  Field{"drawn", DType::f64, {1, 1}}};
};

std::vector<Batch> batches_of(const Order& order, int workers, int epoch = 1) {
  Loader loader(std::make_shared<Ragged>(), order,
                {.batch_size = 5, .seed = 3, .workers = workers, .on_bad = OnBadSample::skip});
  loader.start(epoch);
  std::vector<Batch> batches;
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

double first_drawn(int64_t sample) { return Random(3, Stream::augment, 1, static_cast<uint64_t>(sample)).uniform(); }

TEST_CASE("fields of any type and shape become tensors of a batch") {
  const auto batches = batches_of(in_order(12), GENERATE(0, 3));
  REQUIRE(batches.size() == 3);
  CHECK(batches[0][Ragged::values].shape() == Shape{5, 3});
  CHECK(batches[0][Ragged::count].shape() == Shape{5});
  CHECK(batches[0][Ragged::drawn].shape() == Shape{5, 1, 1});
  CHECK(batches[0].epoch == 1);
  CHECK(batches[1].number == 1);
  CHECK(batches[1].samples == std::vector<int64_t>{5, 6, 8, 9});  // without the broken one, in all fields
  CHECK(batches[1][Ragged::count].to_vector() == std::vector<double>{1, 2, 0, 1});
  CHECK(batches[1][Ragged::values].to_vector()[3] == 0.6f);
  CHECK(batches[1][Ragged::values].to_vector()[9] == 0.9f);
  CHECK(batches[1][Ragged::drawn].to_vector()[2] == first_drawn(8));
}

TEST_CASE("a sample that comes again is read with other random numbers, the first time with the usual ones") {
  const Order twice{10, [](int) { return std::vector<int64_t>{1, 2, 1, 3, 1, 2, 4, 1, 2, 5}; }};
  const auto batches = batches_of(twice, GENERATE(0, 3));
  REQUIRE(batches.size() == 2);
  std::vector<double> drawn = batches[0][Ragged::drawn].to_vector();
  for (const double number : batches[1][Ragged::drawn].to_vector()) drawn.push_back(number);
  CHECK(drawn[0] == first_drawn(1));
  CHECK(drawn[1] == first_drawn(2));
  CHECK(drawn[3] == first_drawn(3));
  CHECK(std::set<double>(drawn.begin(), drawn.end()).size() == 10);
}

TEST_CASE("an order that names samples which are not there is refused") {
  Loader loader(std::make_shared<Ragged>(), {2, [](int) { return std::vector<int64_t>{3, 12}; }}, {});
  CHECK_THROWS_WITH(loader.start(4), ContainsSubstring("epoch 4 has the sample 12 but there are 12"));
  Loader fewer(std::make_shared<Ragged>(), {3, [](int) { return std::vector<int64_t>{3, 1}; }}, {});
  CHECK_THROWS_WITH(fewer.start(0), ContainsSubstring("epoch 0 has 2 samples but 3 were announced"));
  CHECK_THROWS_WITH(limited(in_order(3), -3), ContainsSubstring("the limit is -3"));
}

TEST_CASE("the order of an epoch is a permutation that seed and epoch decide") {
  for (const int64_t n : {0, 1, 2, 1000}) {
    std::vector<int64_t> order = shuffled(n, 1).of(0);
    CHECK(order == shuffled(n, 1).of(0));
    if (n == 1000) {
      CHECK(order != shuffled(n, 1).of(1));
      CHECK(order != shuffled(n, 2).of(0));
    }
    std::sort(order.begin(), order.end());
    CHECK(order == in_order(n).of(0));
  }
  // Each place is taken by each number about equally often.
  std::array<int, 16> counts{};
  for (int epoch = 0; epoch < 4000; ++epoch) {
    const auto order = shuffled(4, 9).of(epoch);
    for (size_t place = 0; place < 4; ++place) ++counts[place * 4 + static_cast<size_t>(order[place])];
  }
  CHECK(std::all_of(counts.begin(), counts.end(), [](int count) { return count > 880 && count < 1120; }));
}

}  // namespace
}  // namespace radial
