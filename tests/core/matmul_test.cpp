// matmul and linear: both dtypes against the defining sum, every instruction set, equal bits for any number of threads.
#include <cmath>

#include "core/kernels.h"
#include "core/ops.h"
#include "core/parallel.h"
#include "core/simd/target.h"
#include "tests/catch.h"
#include "tests/core/kernels.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

Tensor by_definition(const Tensor& a, const Tensor& b, const MatmulGeometry& g) {
  const std::vector<double> va = a.to_vector(), vb = b.to_vector();
  std::vector<double> y(static_cast<size_t>(g.m * g.n));
  for (int64_t i = 0; i < g.m; ++i)
    for (int64_t j = 0; j < g.n; ++j)
      for (int64_t k = 0; k < g.k; ++k)
        y[static_cast<size_t>(i * g.n + j)] += va[static_cast<size_t>(g.transpose_a ? k * g.m + i : i * g.k + k)] *
                                               vb[static_cast<size_t>(g.transpose_b ? j * g.k + k : k * g.n + j)];
  return Tensor::from(y, {g.m, g.n});
}

struct Size {
  int64_t m, n, k;
};
const std::vector<Size> sizes = {{1, 1, 1},      {1, 5, 7},     {3, 1, 17}, {17, 19, 23}, {64, 64, 64}, {32, 1000, 512},
                                 {13, 33, 1031}, {129, 65, 31}, {0, 3, 4},  {5, 0, 4},    {5, 3, 0}};

TEST_CASE("matmul is the defining sum for all transpositions, in both dtypes, on every instruction set") {
  const DefaultsAgain guard;
  const std::string name = GENERATE(from_range(simd::supported_targets()));
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true);
  simd::set_target(name);
  for (const Size& s : sizes) {
    CAPTURE(name, ta, tb, s.m, s.n, s.k);
    const MatmulGeometry g{s.m, s.n, s.k, ta, tb};
    const Tensor a = random_tensor(ta ? Shape{s.k, s.m} : Shape{s.m, s.k}, 1);
    const Tensor b = random_tensor(tb ? Shape{s.n, s.k} : Shape{s.k, s.n}, 2);
    const Tensor expected = by_definition(a, b, g);
    CHECK(relative_error(matmul(a, b, {ta, tb}), expected) <= 1e-6);
    CHECK(relative_error(matmul(a.to(DType::f64), b.to(DType::f64), {ta, tb}), expected) <= 1e-14);

    // With accumulate: minus the product, plus the product.
    Tensor y = scale(expected, -1).to(DType::f32);
    kernels::matmul(y, a, b, g, true);
    Tensor difference = y.to(DType::f64);
    const double norm = relative_error(zeros_like(expected), expected) > 0 ? 1 : 0;
    CHECK(relative_error(add(expected, difference), expected) <= 1e-6 * norm);
  }
}

TEST_CASE("gradients of matmul and linear are products") {
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true);
  CAPTURE(ta, tb);
  const int64_t m = 7, n = 5, k = 11;
  Tensor a = random_tensor(ta ? Shape{k, m} : Shape{m, k}, 1).to(DType::f64);
  Tensor b = random_tensor(tb ? Shape{n, k} : Shape{k, n}, 2).to(DType::f64);
  const Tensor dy = random_tensor({m, n}, 3).to(DType::f64);
  a.set_requires_grad();
  b.set_requires_grad();
  sum(mul(matmul(a, b, {ta, tb}), dy)).backward();
  const Tensor da = by_definition(dy, b, {m, k, n, false, !tb}), db = by_definition(a, dy, {k, n, m, !ta, false});
  const Tensor eye_k = [&] {
    Tensor eye = Tensor::zeros({k, k}, DType::f64);
    for (int64_t i = 0; i < k; ++i) eye.data<double>()[i * k + i] = 1;
    return eye;
  }();
  // Transposed gradients are those of the transposed factors.
  CHECK(relative_error(a.grad(), ta ? by_definition(eye_k, da, {k, m, k, false, true}) : da) <= 1e-14);
  CHECK(relative_error(b.grad(), tb ? by_definition(db, eye_k, {n, k, k, true, false}) : db) <= 1e-14);
}

TEST_CASE("linear adds its bias and hands gradients to x, w and b") {
  Tensor x = random_tensor({6, 9}, 1).to(DType::f64), w = random_tensor({4, 9}, 2).to(DType::f64);
  Tensor b = random_tensor({4}, 3).to(DType::f64);
  const Tensor dy = random_tensor({6, 4}, 4).to(DType::f64);
  for (Tensor* t : {&x, &w, &b}) t->set_requires_grad();
  const Tensor y = linear(x, w, b);
  CHECK(relative_error(y, bias(by_definition(x, w, {6, 4, 9, false, true}), b.detach())) <= 1e-14);
  CHECK(relative_error(linear(x, w), by_definition(x, w, {6, 4, 9, false, true})) <= 1e-14);
  sum(mul(y, dy)).backward();
  CHECK(relative_error(x.grad(), by_definition(dy, w, {6, 9, 4, false, false})) <= 1e-14);
  CHECK(relative_error(w.grad(), by_definition(dy, x, {4, 9, 6, true, false})) <= 1e-14);
  const Tensor ones = Tensor::full({6, 1}, 1, DType::f64);
  CHECK(relative_error(b.grad(), by_definition(dy, ones, {4, 1, 6, true, false})) <= 1e-14);
}

TEST_CASE("matmul gives the same bits for any number of threads") {
  const DefaultsAgain guard;
  const bool ta = GENERATE(false, true), tb = GENERATE(false, true);
  const DType dtype = GENERATE(DType::f32, DType::f64);
  CAPTURE(ta, tb, name_of(dtype));
  const int64_t m = 97, n = 203, k = 1201;
  const Tensor a = random_tensor(ta ? Shape{k, m} : Shape{m, k}, 1).to(dtype);
  const Tensor b = random_tensor(tb ? Shape{n, k} : Shape{k, n}, 2).to(dtype);
  set_threads(1);
  const std::vector<double> one = matmul(a, b, {ta, tb}).to_vector();
  for (const int count : {2, 3, 16}) {
    set_threads(count);
    CHECK(matmul(a, b, {ta, tb}).to_vector() == one);
  }
}

TEST_CASE("matmul and linear say what does not fit") {
  using Catch::Matchers::ContainsSubstring;
  const Tensor a = random_tensor({2, 3}, 1);
  CHECK_THROWS_WITH(matmul(a, a), ContainsSubstring("op(a) has 3 columns but op(b) has 2 rows"));
  CHECK_THROWS_WITH(matmul(a, a.to(DType::f64), {false, true}), ContainsSubstring("a is float32 but b is float64"));
  CHECK_THROWS_WITH(matmul(a, random_tensor({3}, 1)), ContainsSubstring("needs two matrices"));
  CHECK_THROWS_WITH(linear(a, random_tensor({4, 5}, 1)), ContainsSubstring("x has 3 features but w expects 5"));
  CHECK_THROWS_WITH(linear(a, random_tensor({4, 3}, 1), random_tensor({3}, 1)), ContainsSubstring("b is [3]"));
}

}  // namespace
}  // namespace radial
