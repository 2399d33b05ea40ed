// Tensors: shapes, shared data, views, conversions and what is refused.
#include "core/tensor.h"

#include <cmath>
#include <sstream>

#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

Tensor counting(const Shape& shape) {
  Tensor x = Tensor::empty(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(i);
  return x;
}

TEST_CASE("a shape counts elements, rows and channels") {
  const Shape shape{2, 3, 5, 7};
  CHECK(shape.rank() == 4);
  CHECK(shape.numel() == 210);
  CHECK(shape.channels() == 7);
  CHECK(shape.rows() == 30);
  CHECK(shape[-1] == 7);
  CHECK(shape.str() == "[2, 3, 5, 7]");
  CHECK(shape == Shape{2, 3, 5, 7});
  CHECK_FALSE(shape == Shape{2, 3, 5});
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{}.str() == "[]");
  CHECK(Shape{0, 3}.numel() == 0);
  CHECK_THROWS_WITH((Shape{1, 2, 3, 4, 5, 6}), ContainsSubstring("got 6 dimensions but at most 5"));
  CHECK_THROWS_WITH((Shape{2, -1}), ContainsSubstring("negative extent in [2, -1]"));
}

TEST_CASE("a tensor from values copies them and checks their number") {
  const Tensor x = Tensor::from(std::vector<int32_t>{1, 2, 3, 4, 5, 6}, {2, 3});
  CHECK(x.dtype() == DType::i32);
  CHECK(x.bytes() == 24);
  CHECK(x.to_vector() == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK_THROWS_WITH(Tensor::from(std::vector<float>{1, 2}, {3}), ContainsSubstring("got 2 values but [3] needs 3"));
}

TEST_CASE("nested braces make a tensor of their shape") {
  const Tensor x = Tensor::from({{1, 2, 3}, {4, 5, 6.5}});
  CHECK(x.shape() == Shape{2, 3});
  CHECK(x.dtype() == DType::f32);
  CHECK(x.to_vector() == std::vector<double>{1, 2, 3, 4, 5, 6.5});
  CHECK(Tensor::from({1, 2}, DType::i32).dtype() == DType::i32);
  CHECK(Tensor::from({{{1}, {2}}}).shape() == Shape{1, 2, 1});
  CHECK(Tensor::from(7).shape() == Shape{});
  CHECK(Tensor::from({}).shape() == Shape{0});
  CHECK(Tensor::from({{}, {}}).shape() == Shape{2, 0});
  CHECK(Tensor::from({0.1}, DType::f64).item() == 0.1);
  CHECK_THROWS_WITH(Tensor::from({{1, 2}, {3}}), ContainsSubstring("nested values of [2] and [1] stand side by side"));
  CHECK_THROWS_WITH(Tensor::from({{1, 2}, 3}), ContainsSubstring("nested values of [2] and []"));
  CHECK_THROWS_WITH(Tensor::from({1.5}, DType::i32), ContainsSubstring("int32 has no 1.5"));
  CHECK_THROWS_WITH(Tensor::from({256}, DType::u8), ContainsSubstring("uint8 has no 256"));
  CHECK_THROWS_WITH(Tensor::from({{{{{{1}}}}}}), ContainsSubstring("got 6 dimensions but at most 5"));
}

TEST_CASE("elements are reached by checked indices, negative ones from the end") {
  const Tensor x = Tensor::from({{1, 2, 3}, {4, 5, 6}});
  CHECK(x.at(0, 0) == 1);
  CHECK(x.at(1, 2) == 6);
  CHECK(x.at(-1, -3) == 4);
  CHECK(Tensor::scalar(3).at() == 3);
  CHECK(x.slice(1, 2).at(0, 1) == 5);
  CHECK_THROWS_WITH(x.at(2, 0), ContainsSubstring("at: [2, 3] has no index 2 in dimension 0"));
  CHECK_THROWS_WITH(x.at(0, -4), ContainsSubstring("no index -4 in dimension 1"));
  CHECK_THROWS_WITH(x.at(1), ContainsSubstring("at: got 1 indices for [2, 3]"));
  CHECK_THROWS_WITH(Tensor().at(0), ContainsSubstring("undefined"));
}

TEST_CASE("a tensor prints as an array, large ones with their ends alone") {
  CHECK(Tensor::from({{1, 2}, {3, 4}}).str() == "array([[1, 2],\n       [3, 4]], dtype=float32)");
  CHECK(Tensor::scalar(2.5, DType::f64).str() == "array(2.5, dtype=float64)");
  CHECK(Tensor::from({1234567, -20000001}, DType::i32).str() == "array([1234567, -20000001], dtype=int32)");
  CHECK(Tensor::from({-std::nan(""), 1}).str() == "array([nan, 1], dtype=float32)");
  CHECK(Tensor::from({{{1}, {-2}}, {{3}, {4}}}, DType::i32).str() ==
        "array([[[1],\n        [-2]],\n       [[3],\n        [4]]], dtype=int32)");
  CHECK(Tensor::zeros({0, 3}).str() == "array([], dtype=float32)");
  CHECK(Tensor::zeros({2, 0}).str() == "array([[],\n       []], dtype=float32)");
  CHECK(Tensor().str() == "array(undefined)");
  CHECK(Tensor::from({NAN, INFINITY, 1e-7, 0.1}).str() == "array([nan, inf, 1e-07, 0.1], dtype=float32)");
  CHECK(counting({6}).str() == "array([0, 1, 2, 3, 4, 5], dtype=float32)");
  CHECK(counting({100}).str() == "array([0, 1, 2, ..., 97, 98, 99], dtype=float32)");
  CHECK(counting({8, 2}).str() ==
        "array([[0, 1],\n       [2, 3],\n       [4, 5],\n       ...,\n       [10, 11],\n       [12, 13],\n"
        "       [14, 15]], dtype=float32)");
  CHECK(counting({1, 7}).str() == "array([[0, 1, 2, ..., 4, 5, 6]], dtype=float32)");
  std::ostringstream out;
  out << Tensor::from({1}).set_requires_grad();
  CHECK(out.str() == "array([1], dtype=float32)");
}

TEST_CASE("copies share data, clones do not") {
  Tensor a = counting({4});
  CHECK(a.sole_owner());
  Tensor b = a;
  const Tensor c = a.clone();
  CHECK(b.shares_storage_with(a));
  CHECK_FALSE(c.shares_storage_with(a));
  CHECK_FALSE(a.sole_owner());
  b.fill(7);
  CHECK(a.to_vector() == std::vector<double>{7, 7, 7, 7});
  CHECK(c.to_vector() == std::vector<double>{0, 1, 2, 3});
}

TEST_CASE("views and slices share the storage at their place") {
  Tensor x = counting({4, 3});
  CHECK(x.view({2, 6}).shape() == Shape{2, 6});
  Tensor rows = x.slice(1, 3);
  CHECK(rows.shape() == Shape{2, 3});
  CHECK(rows.to_vector() == std::vector<double>{3, 4, 5, 6, 7, 8});
  Tensor inner = rows.slice(1, 2);
  CHECK(inner.to_vector() == std::vector<double>{6, 7, 8});
  inner.fill(-1);
  CHECK(x.to_vector() == std::vector<double>{0, 1, 2, 3, 4, 5, -1, -1, -1, 9, 10, 11});
  CHECK(x.slice(4, 4).numel() == 0);
  CHECK_THROWS_WITH(x.view({5}), ContainsSubstring("view: [4, 3] has 12 elements but [5] has 5"));
  CHECK_THROWS_WITH(x.slice(2, 5), ContainsSubstring("slice: rows [2, 5) of [4, 3]"));
  CHECK_THROWS_WITH(Tensor::scalar(1).slice(0, 1), ContainsSubstring("slice"));
}

TEST_CASE("conversions between dtypes") {
  const Tensor x = Tensor::from(std::vector<double>{1.0 / 3, -2, 255}, {3});
  CHECK(x.to(DType::f64).shares_storage_with(x));
  CHECK(x.to(DType::f32).to_vector()[0] == static_cast<double>(static_cast<float>(1.0 / 3)));
  CHECK(x.to(DType::i32).to_vector() == std::vector<double>{0, -2, 255});
  CHECK(Tensor::from(std::vector<uint8_t>{0, 255}, {2}).to(DType::f32).to_vector() == std::vector<double>{0, 255});
  const Tensor rounded = x.to(DType::bf16);
  CHECK(rounded.bytes() == 6);
  CHECK(rounded.to_vector()[0] == 0.333984375);  // 8 bits of mantissa
  CHECK(rounded.to_vector()[1] == -2);
}

TEST_CASE("bf16 rounds to nearest even and keeps NaN and infinity") {
  CHECK(static_cast<float>(bf16(1.00390625f)) == 1.0f);       // half way: to even, down
  CHECK(static_cast<float>(bf16(1.01171875f)) == 1.015625f);  // half way: to even, up
  CHECK(static_cast<float>(bf16(1.00390637f)) == 1.0078125f);
  CHECK(std::isnan(static_cast<float>(bf16(NAN))));
  CHECK(static_cast<float>(bf16(-INFINITY)) == -INFINITY);
  CHECK(static_cast<float>(bf16(3.4e38f)) == INFINITY);
}

TEST_CASE("elements are reached by their own type alone") {
  Tensor x = counting({2});
  CHECK_THROWS_WITH(x.data<double>(), ContainsSubstring("asked for as float64 but it is float32 [2]"));
  CHECK_THROWS_WITH(Tensor().data<float>(), ContainsSubstring("undefined tensor"));
  CHECK_THROWS_WITH(x.item(), ContainsSubstring("item: the tensor has 2 elements but must have 1"));
  CHECK(Tensor::scalar(2.5).item() == 2.5);
}

TEST_CASE("copy_from wants the same shape and dtype") {
  Tensor x = counting({2});
  x.copy_from(Tensor::from(std::vector<float>{5, 6}, {2}));
  CHECK(x.to_vector() == std::vector<double>{5, 6});
  CHECK_THROWS_WITH(x.copy_from(counting({3})),
                    ContainsSubstring("copy: source is float32 [3] but the target is float32 [2]"));
  CHECK_THROWS_WITH(x.copy_from(x.to(DType::f64)), ContainsSubstring("source is float64 [2]"));
}

TEST_CASE("a GPU that is not there is a usage error") {
  try {
    Tensor::empty({2}, DType::f32, {DeviceType::cuda, 99});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), ContainsSubstring("cuda:99"));
  }
}

}  // namespace
}  // namespace radial
