// What the table of ops does not reach on a GPU: NaN, infinities, ties, indices out of range, dtypes without
// arithmetic.
#include <cmath>
#include <limits>

#include "core/ops.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"

namespace radial {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const float not_a_number = std::nanf("");

// NaN is equal to NaN.
bool same(const Tensor& a, const Tensor& b, double within = 0) {
  const std::vector<double> u = a.to_vector(), v = b.to_vector();
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  for (size_t i = 0; i < u.size(); ++i)
    if (std::isnan(u[i]) || std::isnan(v[i]) ? std::isnan(u[i]) != std::isnan(v[i])
                                             : u[i] != v[i] && !(std::abs(u[i] - v[i]) <= within * std::abs(v[i])))
      return false;
  return true;
}

TEST_CASE("NaN, infinities and ties are reduced on the GPU as on the CPU") {
  const auto card = find_card();
  if (!card) return;
  Tensor rows = Tensor::from(
      std::vector<float>{1, not_a_number, 3, not_a_number, 2,    2, 1,     2,   -inf,         -inf, -inf, -inf, inf,
                         0, -inf,         1, 1000,         1000, 0, -1000, inf, not_a_number, inf,  2},
      {6, 4});
  for (const bool contiguous : {true, false}) {
    const Tensor x = contiguous ? rows : transpose(rows), there = x.to(*card);
    const int dim = contiguous ? 1 : 0;
    CAPTURE(contiguous);
    CHECK(same(max(there, dim), max(x, dim)));
    CHECK(same(min(there, dim), min(x, dim)));
    CHECK(same(argmax(there, dim), argmax(x, dim)));
    CHECK(same(argmin(there, dim), argmin(x, dim)));
    CHECK(same(sum(there, dim), sum(x, dim)));
    CHECK(same(logsumexp(there, dim), logsumexp(x, dim), 1e-6));
    CHECK(same(var(there, dim), var(x, dim), 1e-6));
    CHECK(same(softmax(there, dim), softmax(x, dim), 1e-6));
    CHECK(same(log_softmax(there, dim), log_softmax(x, dim), 1e-6));
  }
  const Tensor none = Tensor::zeros({0, 3}), no_lanes = Tensor::zeros({2, 0});
  CHECK(same(sum(none.to(*card), 0), sum(none, 0)));
  CHECK(same(logsumexp(none.to(*card), 0), logsumexp(none, 0)));
  CHECK(same(var(no_lanes.to(*card), 1), var(no_lanes, 1)));
}

TEST_CASE("the first of equal values is found on the GPU where lanes are cut into parts") {
  const auto card = find_card();
  if (!card) return;
  Tensor x = Tensor::zeros({2, 40001}), tall = Tensor::zeros({20001, 2});
  x.data<float>()[30000] = x.data<float>()[39000] = x.data<float>()[40001 + 7] = 1;
  tall.data<float>()[2 * 15000] = tall.data<float>()[2 * 19000] = tall.data<float>()[2 * 3 + 1] = 1;
  CHECK(argmax(x.to(*card), 1).to_vector() == std::vector<double>{30000, 7});
  CHECK(argmax(tall.to(*card), 0).to_vector() == std::vector<double>{15000, 3});
}

TEST_CASE("copies and indices work for each dtype on the GPU") {
  const auto card = find_card();
  if (!card) return;
  const Tensor index = Tensor::from(std::vector<int32_t>{2, 0, 2}, {3});
  for (const DType dtype : {DType::u8, DType::i32, DType::f32, DType::bf16, DType::f64})
    for (const Shape& shape : {Shape{3, 4, 8}, Shape{3, 33, 40}, Shape{5, 7, 3}}) {
      const Tensor x = cast(arange(shape.numel()), dtype).view(shape), there = x.to(*card);
      CHECK(same(permute(there, {2, 0, 1}), permute(x, {2, 0, 1})));
      CHECK(same(permute(there, {1, 0, 2}), permute(x, {1, 0, 2})));
      CHECK(same(flip(there, {0, 2}), flip(x, {0, 2})));
      CHECK(same(concat({there, narrow(there, 1, 1, 2)}, 1), concat({x, narrow(x, 1, 1, 2)}, 1)));
      CHECK(same(pad(there, {{1, 0}, {}, {0, 3}}, 5), pad(x, {{1, 0}, {}, {0, 3}}, 5)));
      CHECK(same(index_select(there, 0, index.to(*card)), index_select(x, 0, index)));
      CHECK(same(index_select(there, 2, index.to(*card)), index_select(x, 2, index)));
    }
  CHECK(same(one_hot(index.to(*card), 4), one_hot(index, 4)));
  CHECK(same(arange(1, 9, 0.5, DType::f32, *card), arange(1, 9, 0.5, DType::f32)));
  CHECK(same(arange(300, DType::i32, *card), arange(300)));
}

TEST_CASE("an index out of range gives NaN on the GPU, and its gradient goes nowhere") {
  const auto card = find_card();
  if (!card) return;
  const Tensor index = Tensor::from(std::vector<int32_t>{1, -1, 5, 3}, {4}).to(*card);
  Tensor x = Tensor::full({5, 2}, 1).to(*card);
  x.set_requires_grad();
  const Tensor slices = index_select(x, 0, index), elements = gather(x, 0, index.view({4, 1}));
  const auto is_nan = [](const Tensor& y) {
    std::string text;
    for (const double value : y.to_vector()) text += std::isnan(value) ? 'n' : '.';
    return text;
  };
  CHECK(is_nan(slices) == "..nnnn..");
  CHECK(is_nan(elements) == ".nn.");
  sum(slices).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{0, 0, 1, 1, 0, 0, 1, 1, 0, 0});
  x.zero_grad();
  sum(elements).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
  CHECK(index_select(Tensor::full({2}, 7, DType::i32, *card), 0, index).to_vector() == std::vector<double>{7, 0, 0, 0});
  CHECK(sum(one_hot(index, 5)).item() == 2);
}

TEST_CASE("what is sorted on the host goes back to the GPU") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = formula::tensor("x", {3, 20}).to(DType::f32);
  const auto [value, index] = topk(x.to(*card), 4);
  CHECK(value.device() == *card);
  CHECK(index.device() == *card);
  CHECK(same(value, topk(x, 4).value));
  CHECK(nonzero(x.to(*card)).device() == *card);
  CHECK(same(argsort(x.to(*card), 0), argsort(x, 0)));
}

TEST_CASE("rows that do not count, and labels that are no class, on the GPU") {
  const auto card = find_card();
  if (!card) return;
  Tensor logits = formula::tensor("logits", {3, 4}).to(DType::f32).to(*card);
  logits.set_requires_grad();
  const auto labels = [&](std::vector<int32_t> values) { return Tensor::from(values, {3}).to(*card); };
  CHECK(std::isnan(cross_entropy(logits, labels({-1, -1, -1}), {.ignore_index = -1}).item()));
  const Tensor losses =
      cross_entropy(logits, labels({2, -1, 9}), {.ignore_index = -1, .reduction = LossReduction::none});
  const std::vector<double> values = losses.to_vector();
  CHECK(std::isfinite(values[0]));
  CHECK(values[1] == 0);
  CHECK(std::isnan(values[2]));
}

}  // namespace
}  // namespace radial
