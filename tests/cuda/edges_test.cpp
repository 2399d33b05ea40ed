// Gradients of views and copies, NaN, empty shapes and what a graph refuses, on a GPU.
#include <cmath>

#include "core/graph.h"
#include "core/ops.h"
#include "tests/cuda/card.h"
#include "tests/nasty_shapes.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("a gradient goes to the card and back") {
  const auto card = find_card();
  if (!card) return;
  Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  x.set_requires_grad();
  sum(scale(x.to(*card).slice(1, 3).to(Device{}), 3)).backward();
  CHECK(x.grad().device() == Device{});
  CHECK(x.grad().to_vector() == std::vector<double>{0, 0, 3, 3, 3, 3});
}

TEST_CASE("sums of bfloat16 are float32, and their gradients bfloat16") {
  const auto card = find_card();
  if (!card) return;
  Tensor x = Tensor::full({3, 300}, 1, DType::bf16, *card);
  x.set_requires_grad();
  const Tensor total = sum(x), average = mean(x), dots = row_dots(x, x);
  CHECK(total.dtype() == DType::f32);
  CHECK(total.item() == 900);  // bfloat16 has 896 and 904
  CHECK(average.dtype() == DType::f32);
  CHECK(dots.dtype() == DType::f32);
  CHECK(dots.to_vector() == std::vector<double>(3, 300));
  add(add(total, average), sum(dots)).backward();
  CHECK(x.grad().dtype() == DType::bf16);
  for (const double gradient : x.grad().to_vector()) CHECK(std::abs(gradient - 3) < 0.02);
}

TEST_CASE("NaN passes relu, pools, norms, softmax and sums on the GPU") {
  const auto card = find_card();
  if (!card) return;
  const DType dtype = GENERATE(DType::f32, DType::bf16);
  const auto nans = [](const Tensor& x) {
    size_t count = 0;
    for (const double value : x.to_vector()) count += std::isnan(value) ? 1 : 0;
    return count;
  };
  std::vector<float> values(80, 1);
  values[7] = NAN;
  Tensor x = Tensor::from(values, {4, 20}).to(dtype).to(*card);
  const Tensor picture = x.view({1, 2, 2, 20}), ones = Tensor::full({20}, 1, DType::f32, *card);
  CHECK(nans(relu(x)) == 1);
  CHECK(nans(relu6(x)) == 1);
  CHECK(nans(softmax(x)) == 20);
  CHECK(nans(sum(x)) == 1);
  CHECK(nans(l2_normalize(x)) == 20);
  CHECK(nans(max_pool2d(picture, {.kernel = 2, .stride = 2})) == 1);
  CHECK(nans(global_avg_pool(picture)) == 1);
  CHECK(nans(layer_norm(x, ones, ones)) == 20);
  CHECK(nans(group_norm(picture, ones, ones, 1)) == 80);
  BatchNormState state{Tensor::zeros({20}, DType::f32, *card), Tensor::full({20}, 1, DType::f32, *card)};
  CHECK(nans(batch_norm(x, ones, ones, state, {.relu = true})) == 4);
  CHECK(nans(state.running_var) == 1);
  x.set_requires_grad();
  sum(relu(x)).backward();
  CHECK(x.grad().to_vector() == std::vector<double>(80, 1));
}

TEST_CASE("nasty shapes give results or errors on the GPU") {
  const auto card = find_card();
  if (!card) return;
  const NastyCount count = call_all_with_nasty_shapes(*card, GENERATE(DType::f32, DType::bf16));
  CHECK(count.results > 200);
  CHECK(count.errors > 1000);
}

TEST_CASE("labels that are no class are never right on the GPU") {
  const auto card = find_card();
  if (!card) return;
  const Tensor logits = Tensor::zeros({3, 2}, DType::f32, *card), loss = Tensor::full({}, 1, DType::f32, *card);
  const Tensor labels = Tensor::from(std::vector<int32_t>{-1, 2, 0}, {3}).to(*card);
  Tensor score = Tensor::zeros({3}, DType::f64, *card);
  score_batch(score, loss, logits, labels);
  CHECK(score.to_vector() == std::vector<double>{1, 1, 1});
  CHECK(std::isnan(cross_entropy(logits, labels).item()));
}

TEST_CASE("a graph refuses what the host decides in each step") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::full({3}, 2, DType::f32, *card), mask = Tensor::full({3}, 1);
  CHECK_THROWS_WITH(Graph::record(*card, [&] { mul(x, mask.to(*card)); }),
                    ContainsSubstring("copy to the GPU: the host decides"));
  CHECK_THROWS_WITH(Graph::record(*card,
                                  [&] {
                                    refuse_recording(*card, "dropout");
                                    mul(x, x);
                                  }),
                    ContainsSubstring("dropout: the host decides this in each step"));
  CHECK_NOTHROW(refuse_recording(*card, "dropout"));
  CHECK_NOTHROW(refuse_recording({}, "dropout"));
  CHECK(mul(x, mask.to(*card)).to_vector() == std::vector<double>(3, 2));
}

}  // namespace
}  // namespace radial
