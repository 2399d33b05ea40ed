#include "core/near_words.h"

#include <algorithm>
#include <vector>

namespace radial {
namespace {

// Levenshtein's distance with neighbours that changed places counted once (--epohcs).
size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> distance(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) distance[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) distance[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      distance[i][j] = std::min({replaced, distance[i - 1][j] + 1, distance[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
    }
  return distance[a.size()][b.size()];
}

}  // namespace

std::string closest_match(const std::string& word, std::span<const std::string> known) {
  std::string best;
  size_t least = std::max<size_t>(word.size() / 3, 1) + 1;
  for (const std::string& candidate : known) {
    // the beginning of a long name is as good as a slip of the finger
    const bool begins = word.size() >= 3 && candidate.starts_with(word);
    if (const size_t distance = begins ? 1 : edits(word, candidate); distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(const std::string& word, std::span<const std::string> known) {
  const std::string match = closest_match(word, known);
  return match.empty() ? "" : " (did you mean " + match + "?)";
}

}  // namespace radial
