#include "train/numbers.h"

#include <algorithm>

#include <fmt/core.h>

#include "train/together.h"

namespace radial {

std::string shown(const Column& column, double value) {
  return column.percent ? fmt::format("{} {:.2f} %", column.label, value)
                        : fmt::format("{} {:.4f}", column.label, value);
}

PendingNumbers::PendingNumbers(Device device, int64_t columns)
    : numbers_(Tensor::empty({steps_between_readings(device), columns}, DType::f64, device)) {}

void PendingNumbers::reserve(int64_t more) {
  const int64_t needed = batches() + more, capacity = numbers_.dim(0);
  if (needed <= capacity) return;
  Tensor larger = Tensor::empty({std::max(needed, 2 * capacity), numbers_.dim(1)}, DType::f64, numbers_.device());
  larger.slice(0, capacity).copy_from(numbers_);
  numbers_ = larger;
}

Tensor PendingNumbers::next(int64_t samples) {
  reserve(1);
  const int64_t row = batches();
  samples_.push_back(samples);
  return numbers_.slice(row, row + 1).view({numbers_.dim(1)});
}

std::vector<BatchNumbers> PendingNumbers::take() {
  const std::vector<double> all = numbers_.slice(0, batches()).to_vector();
  std::vector<BatchNumbers> batches;
  for (size_t i = 0; i < samples_.size(); ++i) {
    const auto begin = all.begin() + static_cast<int64_t>(i) * numbers_.dim(1);
    batches.push_back({samples_[i], {begin, begin + numbers_.dim(1)}});
  }
  samples_.clear();
  return batches;
}

std::vector<BatchNumbers> gathered(Group& group, const std::vector<BatchNumbers>& own) {
  if (group.size() == 1) return own;
  std::vector<double> rows;  // of each batch: samples, how many values, which
  for (const BatchNumbers& batch : own) {
    rows.insert(rows.end(), {static_cast<double>(batch.samples), static_cast<double>(batch.values.size())});
    rows.insert(rows.end(), batch.values.begin(), batch.values.end());
  }
  std::vector<BatchNumbers> all;
  const std::vector<double> values = joined_ranks<double>(group, rows);
  for (auto at = values.begin(); at != values.end();) {
    BatchNumbers batch{static_cast<int64_t>(*at++), {}};
    const auto count = static_cast<std::ptrdiff_t>(*at++);
    batch.values.assign(at, at + count);
    at += count;
    all.push_back(std::move(batch));
  }
  return all;
}

int64_t steps_between_readings(Device device) { return device.type == DeviceType::cpu ? 1 : 16; }

void Sums::add(const BatchNumbers& batch, std::span<const Measure> measures) {
  values.resize(measures.size());
  samples += batch.samples;
  for (size_t i = 0; i < measures.size(); ++i)
    values[i] += measures[i].kind == Measure::Kind::count ? batch.values[i]
                                                          : batch.values[i] * static_cast<double>(batch.samples);
}

void Sums::add(const Sums& other) {
  values.resize(std::max(values.size(), other.values.size()));
  samples += other.samples;
  for (size_t i = 0; i < other.values.size(); ++i) values[i] += other.values[i];
}

double Sums::of(size_t measure, std::span<const Measure> measures) const {
  if (samples == 0) return 0;
  return (measures[measure].percent ? 100 * values[measure] : values[measure]) / static_cast<double>(samples);
}

}  // namespace radial
