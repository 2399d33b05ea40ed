// Products on a GPU where the table of ops does not reach: long sums that blocks share, mixed types, slices, no k at
// all.
#include <array>

#include "core/kernels.h"
#include "core/ops.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

// Exact in bfloat16.
Tensor matrix(const char* name, int64_t rows, int64_t columns) {
  return formula::tensor(name, {rows, columns}).to(DType::bf16).to(DType::f64);
}

struct Product {
  explicit Product(const MatmulGeometry& geometry)
      : g(geometry),
        a(g.transpose_a ? matrix("a", g.k, g.m) : matrix("a", g.m, g.k)),
        b(g.transpose_b ? matrix("b", g.n, g.k) : matrix("b", g.k, g.n)) {}

  Tensor operator()(DType dtype_a, DType dtype_b, DType dtype_y, Device device, bool accumulate) const {
    Tensor y = Tensor::full({g.m, g.n}, 3, dtype_y, device);
    kernels::matmul(y, a.to(dtype_a).to(device), b.to(dtype_b).to(device), g, accumulate);
    return y;
  }
  Tensor exact(bool accumulate) const { return (*this)(DType::f64, DType::f64, DType::f64, {}, accumulate); }

  MatmulGeometry g;
  Tensor a, b;
};

TEST_CASE("long sums that blocks of the GPU share are those of double, the same bits each time") {
  const auto card = find_card();
  if (!card) return;
  for (const auto& [m, n, k] : {std::array<int64_t, 3>{1, 1, 4099},
                                {3, 130, 1000},
                                {65, 64, 96},
                                {70, 3, 2048},
                                {4, 5, 0},
                                {0, 3, 5},
                                {16, 100, 512}}) {
    for (const auto& [ta, tb] : {std::pair{false, false}, {false, true}, {true, false}, {true, true}}) {
      for (const bool accumulate : {false, true}) {
        CAPTURE(m, n, k, ta, tb, accumulate);
        const Product product({m, n, k, ta, tb});
        const Tensor y = product(DType::f32, DType::f32, DType::f32, *card, accumulate);
        CHECK(relative_error(y, product.exact(accumulate)) <= float32_bound(k));
        CHECK(product(DType::f32, DType::f32, DType::f32, *card, accumulate).to_vector() == y.to_vector());
      }
    }
  }
}

TEST_CASE("factors and products of the GPU are float32 or bfloat16, each by itself, with sums in float32") {
  const auto card = find_card();
  if (!card) return;
  constexpr DType types[] = {DType::f32, DType::bf16};
  for (const auto& [m, n, k] : {std::array<int64_t, 3>{5, 3, 7}, {8, 12, 260}}) {
    const Product product({m, n, k, false, true});
    const Tensor exact = product.exact(true);
    for (const DType a : types) {
      for (const DType b : types) {
        CAPTURE(m, n, k, name_of(a), name_of(b));
        CHECK(relative_error(product(a, b, DType::f32, *card, true), exact) <= float32_bound(k));
        CHECK(relative_error(product(a, b, DType::bf16, *card, true), exact) <= 0x1p-8);
      }
    }
  }
}

TEST_CASE("factors that start anywhere give the products of aligned ones") {
  const auto card = find_card();
  if (!card) return;
  const Tensor flat = formula::tensor("x", {200}).to(DType::f32);
  for (const int64_t offset : {0, 1, 2, 3, 4}) {
    CAPTURE(offset);
    const auto product = [&](DType dtype, Device device) {
      const Tensor values = flat.to(dtype).to(device);
      return matmul(values.slice(offset, offset + 64).view({8, 8}), values.slice(100, 164).view({8, 8}));
    };
    CHECK(relative_error(product(DType::f32, *card), product(DType::f64, {})) <= float32_bound(8));
  }
}

TEST_CASE("linear takes float32 weights for bfloat16 activations, and gives them float32 gradients") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = matrix("x", 9, 20), w = matrix("w", 6, 20), b = matrix("b", 1, 6).view({6});
  const auto gradients = [&](DType dtype, DType weights, Device device) {
    std::vector<Tensor> in = {x.to(dtype).to(device), w.to(weights).to(device), b.to(weights).to(device)};
    for (Tensor& input : in) input.set_requires_grad();
    const Tensor y = linear(in[0], in[1], in[2]);
    CHECK(y.dtype() == dtype);
    sum(y).backward();
    std::vector<Tensor> results = {y.detach()};
    for (const Tensor& input : in) results.push_back(input.grad());
    return results;
  };
  const std::vector<Tensor> exact = gradients(DType::f64, DType::f64, {});
  const std::vector<Tensor> found = gradients(DType::bf16, DType::f32, *card);
  for (size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].dtype() == (i < 2 ? DType::bf16 : DType::f32));
    CHECK(relative_error(found[i], exact[i]) <= (i < 2 ? 0x1p-8 : float32_bound(20)));
  }
}

}  // namespace
}  // namespace radial
