// recall N D K: seconds that Recall@1 to K of N random vectors of D takes, for peers/compare_recall.py. Prints the
// seconds and Recall@K, as JSON.
#include "tasks/retrieve/recall.h"

#include <chrono>
#include <iostream>
#include <string>

#include "core/ops.h"
#include "tasks/retrieve/losses.h"

int main(int count, char** words) {
  using namespace radial;
  if (count != 4) {
    std::cerr << "usage: recall N D K\n";
    return 2;
  }
  const int64_t n = std::stoll(words[1]), d = std::stoll(words[2]), k = std::stoll(words[3]);
  const Tensor vectors = unit_rows(randn({n, d}, RandomKey{}));
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < n; ++i) labels.push_back(static_cast<int32_t>(i / 5));
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<Rank> found = ranks(vectors, labels, vectors, labels, true);
  const double recall = recall_at(found, k, false);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << "{\"seconds\":" << seconds.count() << ",\"recall\":" << recall << "}\n";
  return 0;
}
