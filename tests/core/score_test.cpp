// score_batch: the label's rank among the logits.
#include <cmath>

#include "core/ops.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

std::vector<double> scored(const Tensor& logits, const std::vector<int32_t>& labels) {
  Tensor score = Tensor::full({3}, -1, DType::f64);
  const auto n = static_cast<int64_t>(labels.size());
  score_batch(score, Tensor::scalar(0.25, logits.dtype()), logits, Tensor::from(labels, {n}));
  return score.to_vector();
}

TEST_CASE("the label's rank among the logits, equal ones and NaN") {
  const DType dtype = GENERATE(DType::f32, DType::f64);
  const Tensor logits =
      Tensor::from<float>({1, 5, 5, 2, -1, -2, /**/ 9, 1, 3, 4, 0, 2, /**/ NAN, 1, 2, 3, -1, 0}, {3, 6}).to(dtype);
  using Numbers = std::vector<double>;
  CHECK(scored(logits, {1, 0, 3}) == Numbers{0.25, 2, 3});  // NaN is before all
  CHECK(scored(logits, {2, 3, 0}) == Numbers{0.25, 0, 2});  // of equal logits the first counts; NaN is never right
  CHECK(scored(logits, {5, 4, 4}) == Numbers{0.25, 0, 0});
  CHECK(scored(logits, {4, 1, 5}) == Numbers{0.25, 0, 3});
}

TEST_CASE("with fewer than five classes all but NaN are among the five highest") {
  CHECK(scored(Tensor::from<float>({1, 2, /**/ 4, 3}, {2, 2}), {0, 0}) == std::vector<double>{0.25, 1, 2});
  CHECK(scored(Tensor::from<float>({1, 2, /**/ NAN, 3}, {2, 2}), {0, 0}) == std::vector<double>{0.25, 0, 1});
}

TEST_CASE("score_batch names what does not fit") {
  Tensor score = Tensor::zeros({3}, DType::f64), short_score = Tensor::zeros({2}, DType::f64);
  const Tensor loss = Tensor::scalar(1), logits = Tensor::zeros({2, 4}), labels = Tensor::zeros({3}, DType::i32);
  CHECK_THROWS_WITH(score_batch(score, loss, logits, labels),
                    ContainsSubstring("labels are int32 [3] but logits [2, 4]"));
  CHECK_THROWS_WITH(score_batch(short_score, loss, logits, labels.slice(0, 2)), ContainsSubstring("float64 [3]"));
  CHECK_THROWS_WITH(score_batch(score, Tensor::zeros({2}), logits, labels.slice(0, 2)), ContainsSubstring("loss"));
}

}  // namespace
}  // namespace radial
