#include "tasks/audio/tag_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace radial {
namespace {

constexpr double undefined_metric = std::numeric_limits<double>::quiet_NaN();

// How many with and without the tag have one and the same score, from the highest score on.
struct Level {
  int64_t with = 0, without = 0;
};

std::vector<Level> levels_of(std::span<const double> scores, std::span<const float> targets) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<Level> levels;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || scores[order[i]] != scores[order[i - 1]]) levels.emplace_back();
    (targets[order[i]] > 0 ? levels.back().with : levels.back().without) += 1;
  }
  return levels;
}

bool has_nan(std::span<const double> scores) {
  return std::any_of(scores.begin(), scores.end(), [](double score) { return std::isnan(score); });
}

int64_t number_with(std::span<const float> targets) {
  return std::count_if(targets.begin(), targets.end(), [](float target) { return target > 0; });
}

double f1_of_sounds(std::span<const double> scores, std::span<const float> targets, size_t tags, double threshold) {
  double sum = 0;
  const size_t sounds = targets.size() / tags;
  for (size_t i = 0; i < sounds; ++i) {
    int64_t predicted = 0, present = 0, both = 0;
    for (size_t t = i * tags; t < (i + 1) * tags; ++t) {
      const bool p = scores[t] > threshold, g = targets[t] > 0;
      predicted += p ? 1 : 0;
      present += g ? 1 : 0;
      both += p && g ? 1 : 0;
    }
    if (both > 0) sum += 2 * static_cast<double>(both) / static_cast<double>(predicted + present);
  }
  return sounds == 0 ? 0 : sum / static_cast<double>(sounds);
}

}  // namespace

double roc_auc(std::span<const double> scores, std::span<const float> targets) {
  const int64_t with = number_with(targets), without = std::ssize(targets) - with;
  if (with == 0 || without == 0 || has_nan(scores)) return undefined_metric;
  double pairs = 0;
  int64_t below = without;
  for (const Level& level : levels_of(scores, targets)) {
    below -= level.without;
    pairs += static_cast<double>(level.with) * (static_cast<double>(below) + static_cast<double>(level.without) / 2);
  }
  return pairs / (static_cast<double>(with) * static_cast<double>(without));
}

double average_precision(std::span<const double> scores, std::span<const float> targets) {
  const int64_t with = number_with(targets);
  if (with == 0 || has_nan(scores)) return undefined_metric;
  double sum = 0;
  int64_t found = 0, taken = 0;
  for (const Level& level : levels_of(scores, targets)) {
    found += level.with;
    taken += level.with + level.without;
    sum += static_cast<double>(level.with) * static_cast<double>(found) / static_cast<double>(taken);
  }
  return sum / static_cast<double>(with);
}

TagMetrics tag_metrics(std::span<const double> scores, std::span<const float> targets, int64_t tags, double threshold) {
  check(tags > 0 && scores.size() == targets.size() && std::ssize(targets) % tags == 0, ErrorKind::internal,
        "tags: ", scores.size(), " scores and ", targets.size(), " targets of ", tags, " tags");
  const auto count = static_cast<size_t>(tags);
  TagMetrics metrics;
  std::vector<double> own;
  std::vector<float> wanted;
  int64_t used = 0;
  for (size_t tag = 0; tag < count; ++tag) {
    own.clear();
    wanted.clear();
    for (size_t i = tag; i < targets.size(); i += count) {
      own.push_back(scores[i]);
      wanted.push_back(targets[i]);
    }
    const int64_t with = number_with(wanted);
    if (with == 0 || with == std::ssize(wanted)) continue;
    metrics.roc_auc += roc_auc(own, wanted);
    metrics.pr_auc += average_precision(own, wanted);
    ++used;
  }
  if (used > 0) metrics.roc_auc /= static_cast<double>(used);
  if (used > 0) metrics.pr_auc /= static_cast<double>(used);
  metrics.f1 = f1_of_sounds(scores, targets, count, threshold);
  return metrics;
}

}  // namespace radial
