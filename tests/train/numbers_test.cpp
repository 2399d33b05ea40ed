#include "train/numbers.h"

#include "tests/catch.h"

using namespace radial;

namespace {

const std::vector<Measure> measures = {{{"loss", "loss"}, Measure::Kind::mean},
                                       {{"top1", "top-1", true}, Measure::Kind::count},
                                       {{"share", "share", true}, Measure::Kind::mean}};

void write(Tensor numbers, const std::vector<double>& values) {
  numbers.copy_from(Tensor::from<double>(values, {static_cast<int64_t>(values.size())}));
}

}  // namespace

TEST_CASE("numbers of several batches are read together, in order") {
  PendingNumbers pending(Device{}, 2);
  CHECK(pending.take().empty());
  for (int round = 0; round < 2; ++round) {
    for (int n = 1; n <= 3; ++n) write(pending.next(n), {0.5 * n, 10.0 * n});
    CHECK(pending.batches() == 3);
    const std::vector<BatchNumbers> batches = pending.take();
    CHECK(pending.batches() == 0);
    REQUIRE(batches.size() == 3);
    for (int n = 1; n <= 3; ++n) {
      CHECK(batches[static_cast<size_t>(n - 1)].samples == n);
      CHECK(batches[static_cast<size_t>(n - 1)].values == std::vector{0.5 * n, 10.0 * n});
    }
  }
}

TEST_CASE("rows that were reserved may be written in any order") {
  PendingNumbers pending(Device{}, 1);
  write(pending.next(7), {1});
  pending.reserve(40);
  std::vector<Tensor> rows;
  for (int i = 0; i < 40; ++i) rows.push_back(pending.next(i));
  for (int i = 39; i >= 0; --i) write(rows[static_cast<size_t>(i)], {2.0 * i});
  const auto batches = pending.take();
  CHECK(batches[0].values == std::vector{1.0});
  for (size_t i = 0; i < 40; ++i) CHECK(batches[i + 1].values == std::vector{2.0 * static_cast<double>(i)});
}

TEST_CASE("sums of batches of any size are means and shares of all samples") {
  Sums step, epoch;
  CHECK(epoch.of(0, measures) == 0);
  step.add({4, {1, 2, 0.25}}, measures);
  step.add({1, {6, 1, 0.5}}, measures);
  CHECK(step.samples == 5);
  CHECK(step.of(0, measures) == 2);
  CHECK(step.of(1, measures) == 60);
  CHECK(step.of(2, measures) == 30);
  epoch.add(step);
  epoch.add(step);
  CHECK(epoch.samples == 10);
  CHECK(epoch.of(0, measures) == 2);
  CHECK(epoch.of(1, measures) == 60);
}

TEST_CASE("numbers are shown with their names") {
  CHECK(shown(measures[0], 1.23456) == "loss 1.2346");
  CHECK(shown(measures[1], 12.5) == "top-1 12.50 %");
}
