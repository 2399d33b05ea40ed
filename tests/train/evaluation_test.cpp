#include "train/evaluation.h"

#include "tests/catch.h"

using namespace radial;

TEST_CASE("scores of several batches are read together, in order") {
  const Tensor logits = Tensor::from<float>({1, 5, 9, 1, 3, 4}, {3, 2});
  PendingScores pending(Device{});
  CHECK(pending.take().empty());
  for (int64_t n = 1; n <= 3; ++n) {
    const Tensor labels = Tensor::full({n}, n == 2 ? 0 : 1, DType::i32);
    pending.add(logits.slice(0, n), labels, Tensor::scalar(0.5 * static_cast<double>(n)));
  }
  CHECK(pending.batches() == 3);
  const std::vector<Score> scores = pending.take();
  CHECK(pending.batches() == 0);
  REQUIRE(scores.size() == 3);
  for (int64_t n = 1; n <= 3; ++n) {
    const Score& score = scores[static_cast<size_t>(n - 1)];
    CHECK(score.images == n);
    CHECK(score.mean_loss() == 0.5 * static_cast<double>(n));
    CHECK(score.top1 == (n == 3 ? 2 : 1));
    CHECK(score.top5 == n);
  }
}
