// What the table of ops does not reach: conversions, pointers that are not aligned, accumulation, large sums.
#include <cmath>
#include <limits>

#include "core/kernels.h"
#include "core/ops.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr DType all_dtypes[] = {DType::f32, DType::f64, DType::bf16, DType::u8, DType::i32};

// Values that every dtype has.
Tensor small_integers(int64_t n) {
  Tensor x = Tensor::empty({n});
  for (int64_t i = 0; i < n; ++i) x.data<float>()[i] = static_cast<float>(i * 7 % 101);
  return x;
}

TEST_CASE("the GPU fills and converts every dtype") {
  const auto card = find_card();
  if (!card) return;
  for (const int64_t n : {0, 1, 3, 16, 1037}) {
    for (const DType from : all_dtypes) {
      const Tensor x = small_integers(n).to(from);
      CHECK(Tensor::full({n}, 7, from, *card).to_vector() == std::vector<double>(static_cast<size_t>(n), 7.0));
      for (const DType to : all_dtypes) {
        CAPTURE(n, name_of(from), name_of(to));
        CHECK(x.to(*card).to(to).to_vector() == x.to_vector());
      }
    }
  }
}

TEST_CASE("float32 becomes bfloat16 on the GPU as on the CPU") {
  const auto card = find_card();
  if (!card) return;
  const float ties[] = {1 + 0x1p-8F, 1 + 0x3p-8F, -1 - 0x1p-8F, 1 + 0x1p-8F + 0x1p-20F,
                        3.4e38F,     1e-40F,      -0.0F,        std::numeric_limits<float>::infinity()};
  const Tensor x = Tensor::from(std::span<const float>(ties), {8});
  CHECK(x.to(*card).to(DType::bf16).to_vector() == x.to(DType::bf16).to_vector());
  CHECK(std::isnan(Tensor::scalar(NAN).to(*card).to(DType::bf16).item()));
}

TEST_CASE("slices that start anywhere are computed as aligned ones are, and their neighbours stay") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = formula::tensor("x", {41}).to(DType::f32), y = formula::tensor("y", {41}).to(DType::f32);
  for (int64_t begin = 0; begin < 5; ++begin) {
    for (const int64_t end : {41, 38, 9, 6}) {
      CAPTURE(begin, end);
      const auto result = [&](Device device) {
        Tensor all = y.to(device).clone(), part = all.slice(begin, end);
        kernels::accumulate(part, x.to(device).slice(begin, end), 0.5);
        return all.to_vector();
      };
      CHECK(result(*card) == result({}));
    }
  }
}

TEST_CASE("relu keeps NaN on the GPU, and backward adds if asked") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::from(std::vector<float>{NAN, -1, 3, 7}, {4}).to(*card);
  Tensor y = empty_like(x);
  kernels::unary_forward(y, x, pointwise::Relu6{});
  const std::vector<double> values = y.to_vector();
  CHECK(std::isnan(values[0]));
  CHECK(std::vector<double>(values.begin() + 1, values.end()) == std::vector<double>{0, 3, 6});
  Tensor dx = Tensor::full({4}, 10, DType::f32, *card);
  kernels::unary_backward(dx, Tensor::full({4}, 1, DType::f32, *card), y, pointwise::Relu6{}, true);
  CHECK(dx.to_vector() == std::vector<double>{11, 10, 11, 10});
}

TEST_CASE("NaN, kinks, choice and comparisons on the GPU are those of the CPU") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::from({{NAN, -1, 0, 3, 6, 7}, {INFINITY, -INFINITY, 1e-45, -0.0, 100, -110}});
  const Tensor row = Tensor::from({1, NAN, 0, 3, 5, 8});
  const auto values = [&](Device device) {
    std::vector<double> all;
    const auto add_values = [&](const Tensor& y) {
      for (const double value : y.to_vector()) all.push_back(value);
    };
    for (const auto op : {relu, relu6, neg, exp, log, sqrt, rsqrt, abs, square, sign, sigmoid, tanh}) {
      Tensor in = x.to(device).detach().set_requires_grad();
      const Tensor y = op(in);
      add_values(y);
      add_values(grad(sum(y), {in})[0]);
    }
    for (const auto op : {add, sub, mul, div, minimum, maximum, equal, not_equal, less, less_equal, greater}) {
      Tensor a = x.to(device).detach().set_requires_grad(), b = row.to(device).detach().set_requires_grad();
      const Tensor y = op(a, b);
      add_values(y);
      if (y.requires_grad()) {
        const std::vector<Tensor> g = grad(sum(y), {a, b});
        add_values(g[0]), add_values(g[1]);
      }
    }
    add_values(where(less(x.to(device), row.to(device)), x.to(device), row.to(device)));
    add_values(equal(Tensor::from({1, 2, 3}, DType::i32).to(device), 2));
    return all;
  };
  const std::vector<double> found = values(*card), expected = values({});
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i, found[i], expected[i]);
    const bool both_nan = found[i] != found[i] && expected[i] != expected[i];
    // Signs of zero and infinities exactly; the rest may be rounded differently where one device joins operations.
    CHECK((both_nan || (found[i] == expected[i] && std::signbit(found[i]) == std::signbit(expected[i])) ||
           (found[i] != 0 && std::isfinite(found[i]) &&
            std::abs(found[i] - expected[i]) <= 1e-5 * std::abs(expected[i]) + 1e-7)));
  }
}

TEST_CASE("sums of many rows on the GPU are those of double, and add to what is there") {
  const auto card = find_card();
  if (!card) return;
  for (const Shape& shape : {Shape{0, 3}, Shape{1, 1}, Shape{255, 33}, Shape{3001, 65}}) {
    CAPTURE(shape.str());
    const Tensor x = formula::tensor("x", shape).to(DType::f32);
    Tensor exact = Tensor::full({shape[1]}, 3, DType::f64), computed = exact.to(DType::f32).to(*card);
    kernels::sum_rows(exact, x.to(DType::f64), true);
    kernels::sum_rows(computed, x.to(*card), true);
    CHECK(relative_error(computed, exact) <= float32_bound(shape[0]));
  }
}

TEST_CASE("arithmetic in float64 is the CPU's alone") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::zeros({3}, DType::f64, *card);
  Tensor y = empty_like(x);
  CHECK_THROWS_WITH(kernels::unary_forward(y, x, pointwise::Scale{2}),
                    ContainsSubstring("unary: got float64 but needs float32 or bfloat16 on the GPU"));
}

}  // namespace
}  // namespace radial
