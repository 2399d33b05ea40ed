#include "train/batch_statistics.h"

#include <algorithm>

#include "train/together.h"

namespace radial {
namespace {

struct BatchNorms : Visitor {
  std::vector<BatchNorm*> found;
  void on_module(const std::string&, Module& module) override { add(module); }
  void add(Module& module) {
    auto* norm = dynamic_cast<BatchNorm*>(&module);
    if (norm != nullptr && std::find(found.begin(), found.end(), norm) == found.end()) found.push_back(norm);
  }
};

size_t channels_of(BatchNorm& norm) { return static_cast<size_t>(norm.parameters().front().tensor.numel()); }

}  // namespace

BatchStatistics::BatchStatistics(std::span<const Party> parties) {
  BatchNorms norms;
  for (const Party& party : parties) {
    norms.add(*party.network);
    party.network->visit(norms);
  }
  norms_ = norms.found;
  for (BatchNorm* norm : norms_) bytes_ += (1 + 2 * channels_of(*norm)) * sizeof(double);
}

void BatchStatistics::begin() {
  for (BatchNorm* norm : norms_) norm->defer_movement();
}

std::string BatchStatistics::end() {
  std::vector<double> values;
  for (BatchNorm* norm : norms_) {
    const BatchNorm::Movement movement = norm->take_movement();
    values.push_back(movement.keep);
    values.insert(values.end(), movement.mean.begin(), movement.mean.end());
    values.insert(values.end(), movement.var.begin(), movement.var.end());
  }
  return packed<double>(values);
}

void BatchStatistics::apply_all(const std::string& of_batches) {
  for (size_t at = 0; at < of_batches.size(); at += bytes_) apply(of_batches.substr(at, bytes_));
}

void BatchStatistics::apply(const std::string& of_batch) {
  const std::vector<double> values = unpacked<double>(of_batch);
  auto at = values.begin();
  for (BatchNorm* norm : norms_) {
    const auto channels = static_cast<std::ptrdiff_t>(channels_of(*norm));
    BatchNorm::Movement movement{*at++, {}, {}};
    movement.mean.assign(at, at + channels);
    movement.var.assign(at + channels, at + 2 * channels);
    at += 2 * channels;
    norm->move(movement);
  }
}

}  // namespace radial
