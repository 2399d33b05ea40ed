// score_batch on a GPU: the label's rank among the logits.
#include <algorithm>
#include <cmath>

#include "core/ops.h"
#include "tests/cuda/card.h"

namespace radial {
namespace {

using Numbers = std::vector<double>;

Numbers scored(const Tensor& logits, const std::vector<int32_t>& labels, DType dtype, Device device) {
  Tensor score = Tensor::full({3}, -1, DType::f64, device);
  const Tensor loss = Tensor::scalar(0.25).to(device);
  score_batch(score, loss, logits.to(device).to(dtype),
              Tensor::from(labels, {static_cast<int64_t>(labels.size())}).to(device));
  return score.to_vector();
}

TEST_CASE("the GPU ranks labels as the CPU does, equal logits and NaN too") {
  const auto card = find_card();
  if (!card) return;
  const DType dtype = GENERATE(DType::f32, DType::bf16);
  const Tensor logits =
      Tensor::from<float>({1, 5, 5, 2, -1, -2, /**/ 9, 1, 3, 4, 0, 2, /**/ NAN, 1, 2, 3, -1, 0}, {3, 6});
  CHECK(scored(logits, {1, 0, 3}, dtype, *card) == Numbers{0.25, 2, 3});  // NaN is before all
  CHECK(scored(logits, {2, 3, 0}, dtype, *card) == Numbers{0.25, 0, 2});  // NaN is never right
  CHECK(scored(logits, {5, 4, 4}, dtype, *card) == Numbers{0.25, 0, 0});
  CHECK(scored(logits, {4, 1, 5}, dtype, *card) == Numbers{0.25, 0, 3});
  CHECK(scored(Tensor::from<float>({1, 2, /**/ NAN, 3}, {2, 2}), {0, 0}, dtype, *card) == Numbers{0.25, 0, 1});
}

TEST_CASE("a label out of range is never right on the GPU") {
  const auto card = find_card();
  if (!card) return;
  const Tensor logits = Tensor::zeros({3, 2});
  CHECK(scored(logits, {0, 2, -1}, DType::f32, *card) == Numbers{0.25, 1, 1});
}

TEST_CASE("the GPU scores many rows and classes as the CPU does") {
  const auto card = find_card();
  if (!card) return;
  Tensor logits = Tensor::empty({301, 517});
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < logits.numel(); ++i) logits.data<float>()[i] = static_cast<float>(i * 7919 % 1013);
  // the class whose logit is the largest but i % 8
  for (int64_t i = 0; i < 301; ++i) {
    const float* row = logits.data<float>() + i * 517;
    std::vector<int32_t> order(517);
    for (int32_t k = 0; k < 517; ++k) order[static_cast<size_t>(k)] = k;
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return row[a] > row[b]; });
    labels.push_back(order[static_cast<size_t>(i % 8)]);
  }
  const Numbers found = scored(logits, labels, DType::f32, *card);
  CHECK(found == scored(logits, labels, DType::f32, {}));
  CHECK(found == Numbers{0.25, 38, 190});
}

}  // namespace
}  // namespace radial
