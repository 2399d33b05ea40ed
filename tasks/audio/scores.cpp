#include "tasks/audio/scores.h"

#include <algorithm>
#include <cmath>

namespace radial {
namespace {

double negative_log(double p) { return p < 1e-300 ? 300 * std::log(10.0) : -std::log(p); }

void add_softmax(std::span<const double> logits, std::vector<double>& sums) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (const double logit : logits) total += std::exp(logit - most);
  for (size_t i = 0; i < logits.size(); ++i) sums[i] += std::exp(logits[i] - most) / total;
}

}  // namespace

std::vector<double> mean_probabilities(std::span<const double> logits, int64_t outputs, bool tagged) {
  const auto count = static_cast<size_t>(outputs);
  const size_t pieces = logits.size() / count;
  std::vector<double> sums(count);
  for (size_t piece = 0; piece < pieces; ++piece) {
    const std::span<const double> own = logits.subspan(piece * count, count);
    if (!tagged)
      add_softmax(own, sums);
    else
      for (size_t i = 0; i < count; ++i) sums[i] += 1 / (1 + std::exp(-own[i]));
  }
  for (double& sum : sums) sum /= static_cast<double>(pieces);
  return sums;
}

double class_loss(std::span<const double> probabilities, int32_t label) {
  return negative_log(probabilities[static_cast<size_t>(label)]);
}

double tag_loss(std::span<const double> probabilities, std::span<const float> targets) {
  double sum = 0;
  for (size_t i = 0; i < targets.size(); ++i)
    sum += negative_log(targets[i] > 0 ? probabilities[i] : 1 - probabilities[i]);
  return sum / static_cast<double>(targets.size());
}

}  // namespace radial
