// Shapes, parts, indices and orders: PyTorch's documentation examples, and what throws.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/ops.h"
#include "core/random.h"
#include "tests/catch.h"
#include "tests/formula.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;
using Values = std::vector<double>;

Tensor count_to(int64_t n, const Shape& shape) { return arange(n, DType::f32).view(shape); }
Tensor ints(const std::vector<int32_t>& values, const Shape& shape) { return Tensor::from(values, shape); }
Tensor ints(const std::vector<int32_t>& values) { return ints(values, {static_cast<int64_t>(values.size())}); }

TEST_CASE("views share their storage, copies do not") {
  const Tensor x = count_to(24, {2, 3, 4});
  for (const Tensor& view : {flatten(x), flatten(x, 1), unsqueeze(x, -1), squeeze(x), narrow(x, 0, 1, 1)})
    CHECK(view.shares_storage_with(x));
  for (const Tensor& copy : {permute(x, {0, 1, 2}), narrow(x, 1, 0, 3), flip(x, 0), repeat(x, {2, 1, 1})})
    CHECK_FALSE(copy.shares_storage_with(x));
  CHECK(flatten(x, 1, 2).shape() == Shape{2, 12});
  CHECK(flatten(Tensor::scalar(1)).shape() == Shape{1});
  CHECK(unsqueeze(x, 0).shape() == Shape{1, 2, 3, 4});
  CHECK(unsqueeze(x, -1).shape() == Shape{2, 3, 4, 1});
  CHECK(squeeze(Tensor::zeros({2, 1, 2, 1, 2})).shape() == Shape{2, 2, 2});
  CHECK(squeeze(Tensor::zeros({2, 1, 2, 1, 2}), {0, 1}).shape() == Shape{2, 2, 1, 2});
  CHECK(reshape(x, {-1}).shape() == Shape{24});
  CHECK(reshape(x, {4, -1, 3}).shape() == Shape{4, 2, 3});
  CHECK(reshape(Tensor::zeros({0, 3}), {-1, 3}).shape() == Shape{0, 3});
  CHECK_THROWS_WITH(reshape(x, {5, -1}), ContainsSubstring("[2, 3, 4] has 24 elements"));
  CHECK_THROWS_WITH(reshape(Tensor::zeros({0, 3}), {-1, 0}), ContainsSubstring("do not divide"));
  CHECK_THROWS_WITH(reshape(x, {-1, -1}), ContainsSubstring("negative extent"));
  CHECK_THROWS_WITH(unsqueeze(x, 4), ContainsSubstring("unsqueeze: [2, 3, 4] has no place 4"));
  CHECK_THROWS_WITH(flatten(x, 2, 1), ContainsSubstring("comes after"));
}

TEST_CASE("permute and transpose put every element in its place, whatever its size") {
  for (const DType dtype : {DType::u8, DType::bf16, DType::f32, DType::i32, DType::f64}) {
    for (const Shape& shape : {Shape{2, 3, 5}, Shape{4, 40, 2}, Shape{1, 33, 67}, Shape{16, 8, 4}, Shape{2, 0, 3}}) {
      const Tensor x = arange(shape.numel(), DType::i32).to(dtype).view(shape);
      const Tensor y = permute(x, {2, 0, 1});
      CHECK(y.shape() == Shape{shape[2], shape[0], shape[1]});
      const Values from = x.to_vector(), to = y.to_vector();
      bool right = true;
      for (int64_t a = 0; a < shape[0]; ++a)
        for (int64_t b = 0; b < shape[1]; ++b)
          for (int64_t c = 0; c < shape[2]; ++c)
            right &= to[static_cast<size_t>((c * shape[0] + a) * shape[1] + b)] ==
                     from[static_cast<size_t>((a * shape[1] + b) * shape[2] + c)];
      CHECK(right);
    }
  }
  CHECK_THROWS_WITH(permute(Tensor::zeros({2, 3}), {0}), ContainsSubstring("permute: 1 dimensions for [2, 3]"));
  CHECK_THROWS_WITH(permute(Tensor::zeros({2, 3}), {0, -2}), ContainsSubstring("was named twice"));
}

TEST_CASE("flip, repeat, expand, split and pad do as PyTorch's documentation says") {
  CHECK(flip(count_to(8, {2, 2, 2}), {0, 1}).to_vector() == Values{6, 7, 4, 5, 2, 3, 0, 1});
  const Tensor x = Tensor::from(Values{1, 2, 3}, {3});
  CHECK(repeat(x, {2, 2}).to_vector() == Values{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3});
  CHECK(repeat(x, {4, 2, 1}).shape() == Shape{4, 2, 3});
  CHECK(repeat(count_to(4, {2, 2}), {1, 2}).to_vector() == Values{0, 1, 0, 1, 2, 3, 2, 3});
  CHECK(expand(x.view({3, 1}), {3, 2}).to_vector() == Values{1, 1, 2, 2, 3, 3});
  const Tensor ten = count_to(10, {5, 2});
  const std::vector<Tensor> twos = split(ten, 2), parts = split(ten, std::vector<int64_t>{1, 4});
  REQUIRE(twos.size() == 3);
  CHECK(twos[2].to_vector() == Values{8, 9});
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].shape() == Shape{1, 2});
  CHECK(parts[1].to_vector() == Values{2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(pad_reflect(count_to(8, {1, 2, 4}), {{}, {}, {2, 2}}).to_vector() ==
        Values{2, 1, 0, 1, 2, 3, 2, 1, 6, 5, 4, 5, 6, 7, 6, 5});
  CHECK(pad(count_to(2, {1, 2}), {{1, 0}, {0, 1}}, 7).to_vector() == Values{7, 7, 7, 0, 1, 7});
  CHECK_THROWS_WITH(pad_reflect(x, {{3, 0}}), ContainsSubstring("must be smaller than its extent"));
  CHECK_THROWS_WITH(pad(x, {{-1, 0}}), ContainsSubstring("must not be negative"));
  CHECK_THROWS_WITH(expand(x, {4}), ContainsSubstring("expand: [3] cannot become [4]"));
  CHECK_THROWS_WITH(concat({x, x.view({1, 3})}), ContainsSubstring("concat: float64 [3] and float64 [1, 3]"));
  CHECK_THROWS_WITH(split(ten, std::vector<int64_t>{1, 3}), ContainsSubstring("do not add up"));
  CHECK_THROWS_WITH(select(x, 0, 3), ContainsSubstring("select: no index 3 along dimension 0 of [3]"));
  CHECK_THROWS_WITH(select(x, 0, -4), ContainsSubstring("select: no index -4"));
  CHECK_THROWS_WITH(narrow(x, 0, 2, 2), ContainsSubstring("narrow: 2 elements from 2 along dimension 0 of [3]"));
}

TEST_CASE("gather, index_select, scatter_add, embedding and one_hot do as PyTorch's documentation says") {
  const Tensor t = Tensor::from(Values{1, 2, 3, 4}, {2, 2});
  CHECK(gather(t, 1, ints({0, 0, 1, 0}, {2, 2})).to_vector() == Values{1, 1, 4, 3});
  CHECK(index_select(count_to(6, {2, 3}), 1, ints({0, 2})).to_vector() == Values{0, 2, 3, 5});
  CHECK(index_select(ints({5, 6, 7}), 0, ints({2, 2})).to_vector() == Values{7, 7});
  CHECK(scatter_add(Tensor::zeros({3, 5}), 0, ints({0, 1, 2, 0, 0}, {1, 5}), Tensor::full({1, 5}, 1)).to_vector() ==
        Values{1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0});
  Tensor weight = count_to(6, {3, 2});
  weight.set_requires_grad();
  const Tensor y = embedding(weight, ints({0, 2, 0, 1}, {2, 2}), 0);
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(y.to_vector() == Values{0, 1, 4, 5, 0, 1, 2, 3});
  sum(y).backward();
  CHECK(weight.grad().to_vector() == Values{0, 0, 1, 1, 1, 1});
  CHECK(one_hot(ints({0, 2}), 3).to_vector() == Values{1, 0, 0, 0, 0, 1});
  CHECK(one_hot(ints({1, 0}, {2, 1}), 2, DType::i32).shape() == Shape{2, 1, 2});
  CHECK(arange(1, 2.5, 0.5, DType::f64).to_vector() == Values{1, 1.5, 2});
  CHECK(arange(5).to_vector() == Values{0, 1, 2, 3, 4});
  CHECK(arange(3, 0, -1).to_vector() == Values{3, 2, 1});
  CHECK(cumsum(count_to(6, {2, 3}), 0).to_vector() == Values{0, 1, 2, 3, 5, 7});
}

TEST_CASE("scatter_add leaves its input alone") {
  const Tensor x = Tensor::zeros({2});
  CHECK(scatter_add(x, 0, ints({1}), Tensor::full({1}, 3)).to_vector() == Values{0, 3});
  CHECK(x.to_vector() == Values{0, 0});
}

TEST_CASE("an index out of range is an error that names it") {
  const Tensor x = Tensor::zeros({2, 3});
  CHECK_THROWS_WITH(gather(x, 1, ints({0, 3}, {2, 1})), ContainsSubstring("gather: index 3 is not in [0, 3)"));
  CHECK_THROWS_WITH(index_select(x, 0, ints({-1})), ContainsSubstring("index_select: index -1 is not in [0, 2)"));
  CHECK_THROWS_WITH(embedding(x, ints({2})), ContainsSubstring("embedding: index 2 is not in [0, 2)"));
  CHECK_THROWS_WITH(one_hot(ints({4}), 4), ContainsSubstring("one_hot: index 4"));
  CHECK_THROWS_WITH(scatter_add(x, 0, ints({0, 1, 2}, {1, 3}), Tensor::zeros({1, 3})), ContainsSubstring("index 2"));
  CHECK_THROWS_WITH(gather(x, 1, Tensor::zeros({2, 1})), ContainsSubstring("must be int32 but are float32"));
  CHECK_THROWS_WITH(gather(x, 1, ints({0, 0, 0}, {3, 1})), ContainsSubstring("is larger than x [2, 3]"));
}

// torch 2.15
TEST_CASE("sort and topk are stable, and a NaN is the largest") {
  const double nan = std::nan("");
  const auto [value, index] = sort(Tensor::from(Values{3, nan, 1, nan, 2}, {5}), 0, {.descending = true});
  CHECK(index.to_vector() == Values{1, 3, 0, 4, 2});
  CHECK(value.to_vector()[2] == 3);
  CHECK(argsort(Tensor::from(Values{3, nan, 1, 2}, {4})).to_vector() == Values{2, 3, 0, 1});
  CHECK(argsort(Tensor::from(Values{0, 1, 0, 1, 0, 1}, {6})).to_vector() == Values{0, 2, 4, 1, 3, 5});
  CHECK(argsort(Tensor::from(Values{0, 1, 0, 1, 0, 1}, {6}), 0, {.descending = true}).to_vector() ==
        Values{1, 3, 5, 0, 2, 4});
  const auto [top, places] = topk(arange(1, 6, 1, DType::f32), 3);
  CHECK(top.to_vector() == Values{5, 4, 3});
  CHECK(places.to_vector() == Values{4, 3, 2});
  CHECK(topk(count_to(6, {3, 2}), 1, 0, false).value.to_vector() == Values{0, 1});
  CHECK(sort(Tensor::scalar(2)).value.item() == 2);
  CHECK_THROWS_WITH(topk(count_to(6, {3, 2}), 3), ContainsSubstring("topk: 3 of 2 values"));
}

// Against a comparison of values: ties, both zeros, infinities and NaN among few and among many, along each dimension.
TEST_CASE("sort and topk find what comparing finds") {
  const Values few = {0.0, -0.0, 1.5, -2.5, INFINITY, -INFINITY, std::nan(""), 1e-40, -1e-40, 3};
  const auto dtype = GENERATE(DType::f32, DType::f64);
  const auto descending = GENERATE(false, true);
  const auto n = GENERATE(3, 100, 700);
  Random random(5, Stream::test, 0, static_cast<uint64_t>(n));
  Values values(static_cast<size_t>(2 * n));
  for (double& value : values) value = few[static_cast<size_t>(random.below(std::ssize(few)))];
  for (size_t i = 0; i < values.size(); i += 7) values[i] = static_cast<float>(random.normal());
  const int dim = GENERATE(0, 1);
  const Shape shape = dim == 0 ? Shape{n, 2} : Shape{2, n};
  const Tensor x = Tensor::from(values, shape).to(dtype);
  const auto at = [&](int lane, int64_t i) {
    return values[static_cast<size_t>(dim == 0 ? 2 * i + lane : lane * n + i)];
  };
  const Tensor sorted = argsort(x, dim, {.descending = descending});
  for (int lane = 0; lane < 2; ++lane) {
    std::vector<int32_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t i, int32_t j) {
      const double u = at(lane, i), v = at(lane, j);
      if (std::isnan(u) || std::isnan(v)) return descending ? std::isnan(u) && !std::isnan(v) : !std::isnan(u);
      return descending ? u > v : u < v;
    });
    for (const int64_t k : {int64_t{1}, int64_t{n / 20 + 1}, int64_t{n}}) {
      const Tensor places = topk(x, k, dim, descending).index;
      bool same = true;
      for (int64_t r = 0; r < k; ++r) {
        const auto expected = order[static_cast<size_t>(r)];
        same = same && (dim == 0 ? places.at(r, lane) : places.at(lane, r)) == expected;
        same = same && (dim == 0 ? sorted.at(r, lane) : sorted.at(lane, r)) == expected;
      }
      CAPTURE(n, k, lane);
      CHECK(same);
    }
  }
}

TEST_CASE("nonzero lists places in order") {
  CHECK(nonzero(Tensor::from(Values{1, 1, 1, 0, 1}, {5})).to_vector() == Values{0, 1, 2, 4});
  const Tensor y = nonzero(Tensor::from(Values{0.6, 0, 0, 0, 0, 0.4, 0, 0, 0, 0, 1.2, 0}, {3, 4}));
  CHECK(y.shape() == Shape{3, 2});
  CHECK(y.to_vector() == Values{0, 0, 1, 1, 2, 2});
  CHECK(nonzero(Tensor::zeros({2, 2})).shape() == Shape{0, 2});
}

TEST_CASE("nms keeps the best of boxes that overlap") {
  const Tensor boxes = Tensor::from(Values{0, 0, 10, 10, 1, 1, 11, 11, 20, 20, 30, 30, 0, 0, 10, 5}, {4, 4});
  const Tensor scores = Tensor::from(Values{0.8, 0.9, 0.3, 0.95}, {4});
  CHECK(nms(boxes, scores, 0.5).to_vector() == Values{3, 1, 2});  // 0 overlaps 1 by 81 / 119
  CHECK(nms(boxes, scores, 0.3).to_vector() == Values{3, 2});     // 1 overlaps 3 by 36 / 114
  CHECK(nms(boxes, scores, 0.7).to_vector() == Values{3, 1, 0, 2});
  CHECK(nms(Tensor::zeros({0, 4}), Tensor::zeros({0}), 0.5).shape() == Shape{0});
  CHECK_THROWS_WITH(nms(scores, scores, 0.5), ContainsSubstring("nms: boxes are [4] but must be [n, 4]"));
}

TEST_CASE("split's pieces send their gradients to one place, those that nobody used zeros") {
  for (const int dim : {0, 1}) {
    Tensor x = Tensor::from({{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}}).set_requires_grad();
    const std::vector<int64_t> lengths = {1, 2, 0, 1};
    const std::vector<Tensor> parts = split(x, lengths, dim);
    (sum(scale(parts[1], 3)) + sum(scale(parts[1], 2)) + sum(scale(parts[3], 7))).backward();
    const std::vector<double> g = x.grad().to_vector();
    for (size_t i = 0; i < 16; ++i) {
      const size_t at = dim == 0 ? i / 4 : i % 4;
      CHECK(g[i] == (at == 0 ? 0 : at == 3 ? 7 : 5));
    }
  }
  CHECK_THROWS_WITH(split(Tensor::zeros({2}), std::vector<int64_t>{3, -1}), ContainsSubstring("a piece of -1"));
}

TEST_CASE("expand, repeat and pad_reflect make copies, also where nothing changes") {
  const Tensor x = Tensor::full({2, 3}, 1);
  for (Tensor y : {expand(x, {2, 3}), repeat(x, {1, 1}), pad_reflect(x, {{}, {}})}) {
    y.fill(5);
    CHECK(x.to_vector() == std::vector<double>(6, 1));
  }
}

TEST_CASE("integers take no values that they do not have") {
  CHECK_THROWS_WITH(arange(300, DType::u8), ContainsSubstring("arange: uint8 has no 299"));
  CHECK_THROWS_WITH(arange(0, 1e10, 1e9, DType::i32), ContainsSubstring("int32 has no"));
  CHECK_THROWS_WITH(arange(0, 1, 0.5, DType::i32), ContainsSubstring("int32 has no 0.5"));
  CHECK_THROWS_WITH(pad(Tensor::zeros({2}, DType::u8), {{1, 0}}, -1), ContainsSubstring("pad: uint8 has no -1"));
  CHECK_THROWS_WITH(Tensor::full({2}, 1.5, DType::i32), ContainsSubstring("int32 has no 1.5"));
}

}  // namespace
}  // namespace radial
