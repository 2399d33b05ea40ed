// What the table of ops does not reach: statistics far from zero, rows enough for several blocks and partial sums,
// gradients that are added or written over dy, bfloat16 with parameters in float32, pointers that are not aligned.
#include <cmath>

#include "core/kernels.h"
#include "core/ops.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

// Several blocks of rows; channels that fill packs of 16 bytes, that do not, and that take two blocks.
const std::vector<Shape> large = {{9001, 1}, {4003, 3}, {3001, 17}, {2999, 64}, {601, 264}};

Tensor rounded(const std::string& name, const Shape& shape, DType dtype) {
  return formula::tensor(name, shape).to(DType::f32).to(dtype);
}

// The bound of what is stored in this type: a rounding, and the sums before it.
double bound_of(DType dtype, int64_t terms) { return dtype == DType::bf16 ? 2 * 0x1p-9 : float32_bound(terms); }

TEST_CASE("batch statistics on the GPU are those of float64, far from zero too") {
  const auto card = find_card();
  if (!card) return;
  for (const Shape& shape : large) {
    for (const double offset : {0.0, 1000.0, -1e5}) {
      CAPTURE(shape.str(), offset);
      const Shape c{shape.channels()};
      const Tensor x = add(scale(formula::tensor("x", shape), std::sqrt(3.0)),  // standard deviation 1
                           Tensor::full(shape, offset, DType::f64))
                           .to(DType::f32);
      Tensor mean = Tensor::empty(c, DType::f64), var = empty_like(mean);
      kernels::batch_norm_statistics(mean, var, x.to(DType::f64));
      Tensor m = Tensor::empty(c, DType::f32, *card), v = empty_like(m);
      kernels::batch_norm_statistics(m, v, x.to(*card));
      CHECK(relative_error(v, var) <= float32_bound(128));  // as many as a thread sums in float
      for (size_t i = 0; i < static_cast<size_t>(c[0]); ++i)
        CHECK(std::abs(m.to_vector()[i] - mean.to_vector()[i]) <= 0x1p-24 * (std::abs(offset) + 4));
    }
  }
}

TEST_CASE("a first value far from the others does not spoil the variance on the GPU") {
  const auto card = find_card();
  if (!card) return;
  const Shape shape{4001, 3};
  Tensor x = add(formula::tensor("x", shape), Tensor::full(shape, 1000, DType::f64)).to(DType::f32);
  for (int64_t i = 0; i < 3; ++i) x.data<float>()[i] = 0;
  Tensor mean = Tensor::empty({3}, DType::f64), var = empty_like(mean);
  kernels::batch_norm_statistics(mean, var, x.to(DType::f64));
  Tensor m = Tensor::empty({3}, DType::f32, *card), v = empty_like(m);
  kernels::batch_norm_statistics(m, v, x.to(*card));
  CHECK(relative_error(m, mean) <= 0x1p-23);
  CHECK(relative_error(v, var) <= 1e-5);
}

TEST_CASE("equal values have no variance on the GPU, and NaN shows") {
  const auto card = find_card();
  if (!card) return;
  Tensor m = Tensor::empty({3}, DType::f32, *card), v = empty_like(m);
  kernels::batch_norm_statistics(m, v, Tensor::full({1001, 3}, 12345.678, DType::f32, *card));
  CHECK(v.to_vector() == std::vector<double>{0, 0, 0});
  Tensor x = Tensor::zeros({1001, 3});
  x.data<float>()[3 * 500 + 1] = NAN;
  kernels::batch_norm_statistics(m, v, x.to(*card));
  CHECK((std::isnan(m.to_vector()[1]) && std::isnan(v.to_vector()[1])));
  CHECK((m.to_vector()[2] == 0 && v.to_vector()[2] == 0));
}

TEST_CASE("running statistics on the GPU move as the CPU's") {
  const auto card = find_card();
  if (!card) return;
  const auto moved = [](Device device) {
    const auto vector = [&](const char* name) { return rounded(name, {301}, DType::f32).to(device).clone(); };
    Tensor mean = vector("running mean"), var = vector("running var");
    kernels::batch_norm_running(mean, var, vector("mean"), vector("var"), 0.1, 1.25);
    return std::pair{mean, var};
  };
  const auto on_card = moved(*card), on_cpu = moved({});
  CHECK(relative_error(on_card.first, on_cpu.first) <= 2 * 0x1p-24);
  CHECK(relative_error(on_card.second, on_cpu.second) <= 2 * 0x1p-24);
}

struct Backward {
  Tensor dgamma, dbeta, dx, dresidual;
};

// Both kernels of the backward pass; x, dy and what is there before come in `dtype`, the CPU computes in float64.
Backward backward_pass(const Shape& shape, DType dtype, const Tensor& y, bool with_shift, bool add, Device device) {
  const bool exact = device.type == DeviceType::cpu;
  const auto activation = [&](const char* name) {
    return rounded(name, shape, dtype).to(exact ? DType::f64 : dtype).to(device).clone();
  };
  const auto vector = [&](const char* name) {
    return rounded(name, {shape.channels()}, DType::f32).to(exact ? DType::f64 : DType::f32).to(device);
  };
  const Tensor dy = activation("dy"), x = activation("x"), a = vector("a");
  const Tensor shift = with_shift ? vector("shift") : Tensor();
  Backward result{empty_like(a), empty_like(a), activation("dx"), activation("dresidual")};
  kernels::batch_norm_backward_reduce(result.dgamma, result.dbeta, dy, y, x, vector("mean"), vector("inv_std"), a,
                                      shift);
  kernels::batch_norm_backward_apply(result.dx, add, result.dresidual, add, dy, y, x, a, vector("b"), vector("d"),
                                     shift);
  return result;
}

void check_backward(const Backward& computed, const Backward& exact, DType dtype, int64_t rows) {
  CHECK(computed.dgamma.dtype() == DType::f32);
  CHECK(relative_error(computed.dgamma, exact.dgamma) <= float32_bound(rows));
  CHECK(relative_error(computed.dbeta, exact.dbeta) <= float32_bound(rows));
  CHECK(relative_error(computed.dx, exact.dx) <= bound_of(dtype, 1));
  CHECK(relative_error(computed.dresidual, exact.dresidual) <= bound_of(dtype, 1));
}

TEST_CASE("the backward kernels of batch_norm on the GPU agree with float64, over many rows") {
  const auto card = find_card();
  if (!card) return;
  for (const Shape& shape : large) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      for (const bool masked : {true, false}) {
        const bool add = masked;
        CAPTURE(shape.str(), name_of(dtype), masked);
        const Tensor y = masked ? rounded("y", shape, dtype) : Tensor();
        check_backward(backward_pass(shape, dtype, masked ? y.to(*card) : y, false, add, *card),
                       backward_pass(shape, dtype, masked ? y.to(DType::f64) : y, false, add, {}), dtype, shape.rows());
      }
    }
  }
}

TEST_CASE("the GPU has the sign of batch_norm's relu from x and does not read y where there was no residual") {
  const auto card = find_card();
  if (!card) return;
  for (const Shape& shape : large) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      CAPTURE(shape.str(), name_of(dtype));
      const auto vector = [&](const char* name) { return rounded(name, {shape.channels()}, DType::f32).to(*card); };
      Tensor y = Tensor::empty(shape, dtype, *card), unread = Tensor::full(shape, NAN, dtype, *card);
      kernels::batch_norm_apply(y, rounded("x", shape, dtype).to(*card), vector("a"), vector("shift"), Tensor(), true);
      check_backward(backward_pass(shape, dtype, unread, true, false, *card),
                     backward_pass(shape, dtype, y.to(Device{}).to(DType::f64), true, false, {}), dtype, shape.rows());
    }
  }
}

TEST_CASE("the gradient of batch_norm on the GPU may overwrite dy") {
  const auto card = find_card();
  if (!card) return;
  for (const Shape& shape : {Shape{1501, 64}, Shape{1501, 3}}) {
    const Shape c{shape.channels()};
    const auto on_card = [&](const char* name, const Shape& s) { return rounded(name, s, DType::f32).to(*card); };
    const Tensor dy = on_card("dy", shape), x = on_card("x", shape), y = on_card("y", shape);
    const Tensor a = on_card("a", c), b = on_card("b", c), d = on_card("d", c);
    Tensor apart = empty_like(x), over = dy.clone(), none;
    kernels::batch_norm_backward_apply(apart, false, none, false, dy, y, x, a, b, d, none);
    kernels::batch_norm_backward_apply(over, false, none, false, over, y, x, a, b, d, none);
    CHECK(over.to_vector() == apart.to_vector());
  }
}

TEST_CASE("rows that do not start at 16 bytes are normalised as others are, and their neighbours stay") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = rounded("x", {8 * 11 + 3}, DType::f32).to(*card);
  const Tensor a = rounded("a", {8}, DType::f32).to(*card), b = rounded("b", {8}, DType::f32).to(*card);
  Tensor aligned = Tensor::empty({11, 8}, DType::f32, *card), all = Tensor::zeros({8 * 11 + 3}, DType::f32, *card);
  Tensor shifted = all.slice(1, 8 * 11 + 1).view({11, 8});
  kernels::batch_norm_apply(aligned, x.slice(1, 8 * 11 + 1).clone().view({11, 8}), a, b, Tensor(), true);
  kernels::batch_norm_apply(shifted, x.slice(1, 8 * 11 + 1).view({11, 8}), a, b, Tensor(), true);
  CHECK(shifted.to_vector() == aligned.to_vector());
  const std::vector<double> values = all.to_vector();
  CHECK((values[0] == 0 && values[8 * 11 + 1] == 0 && values[8 * 11 + 2] == 0));
}

// A norm of the table, over more rows than its cases have: a task of several blocks, teams of a whole block.
OpCase norm_case(const std::string& name, const Shape& shape, double offset,
                 const std::function<Tensor(const std::vector<Tensor>&)>& run) {
  const Shape c{shape.channels()};
  const auto exact = [](const Tensor& x) { return x.to(DType::f32).to(DType::f64); };
  const Tensor x = add(formula::tensor("x", shape), Tensor::full(shape, offset, DType::f64));
  const Tensor gamma = add(scale(formula::tensor("gamma", c), 0.5), Tensor::full(c, 1, DType::f64));
  return {name,  {exact(x), exact(gamma), exact(formula::tensor("beta", c))}, run, shape.numel() / shape[0], true,
          {1, 2}};
}

void check_norm(const OpCase& op, double offset, Device card) {
  CAPTURE(op.name, op.inputs[0].shape().str(), offset);
  const OpResult exact = run_case(op, DType::f64), computed = run_case(op, DType::f32, {}, card);
  // mean is stored in float32, as far from zero as x is
  const double bound = float32_bound(op.terms) + 4 * 0x1p-24 * std::abs(offset);
  CHECK(relative_error(computed.y, exact.y) <= bound);
  for (size_t i = 0; i < 3; ++i) CHECK(relative_error(computed.gradients[i], exact.gradients[i]) <= bound);
}

TEST_CASE("layer_norm and group_norm on the GPU agree with float64 over long rows and large pictures") {
  const auto card = find_card();
  if (!card) return;
  for (const double offset : {0.0, 1000.0}) {
    for (const Shape& shape : {Shape{3, 1025}, Shape{2, 4104}, Shape{700, 12}})
      check_norm(norm_case("layer_norm", shape, offset, [](const auto& in) { return layer_norm(in[0], in[1], in[2]); }),
                 offset, *card);
    for (const auto& [shape, groups] : {std::pair<Shape, int64_t>{{2, 67, 61, 6}, 3},
                                        {{1, 71, 73, 64}, 1},
                                        {{2, 67, 61, 17}, 17},
                                        {{2, 41, 43, 264}, 33}})
      check_norm(norm_case("group_norm", shape, offset,
                           [g = groups](const auto& in) { return group_norm(in[0], in[1], in[2], g); }),
                 offset, *card);
  }
}

TEST_CASE("float64 on the GPU is refused by the norms, in evaluation too") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::zeros({4, 3}, DType::f64, *card), v = Tensor::full({3}, 1, DType::f64, *card);
  BatchNormState state{v.clone(), v.clone()};
  const auto refusal = ContainsSubstring("norm: got float64 but needs float32");
  CHECK_THROWS_WITH(batch_norm(x, v, v, state), refusal);
  CHECK_THROWS_WITH(batch_norm(x, v, v, state, {.training = false}), refusal);
  CHECK_THROWS_WITH(layer_norm(x, v, v), refusal);
  CHECK_THROWS_WITH(group_norm(x, v, v, 1), refusal);
}

TEST_CASE("norms of bfloat16 on the GPU take parameters in float32 alone") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::zeros({4, 3}, DType::bf16, *card), v = Tensor::full({3}, 1, DType::bf16, *card);
  BatchNormState state{v, v};
  CHECK_THROWS_WITH(batch_norm(x, v, v, state), ContainsSubstring("must be float32 [3], but gamma is bfloat16"));
  CHECK_THROWS_WITH(layer_norm(x, v, v), ContainsSubstring("gamma is bfloat16"));
}

TEST_CASE("norms of no rows on the GPU do nothing, and their parameters get zero gradients") {
  const auto card = find_card();
  if (!card) return;
  const auto ones = [&] { return Tensor::full({3}, 1, DType::f32, *card).set_requires_grad(); };
  const Tensor x = Tensor::empty({0, 5, 3}, DType::f32, *card);
  Tensor gamma = ones(), beta = ones();
  BatchNormState state{gamma.detach().clone(), beta.detach().clone()};
  sum(batch_norm(x, gamma, beta, state, {.training = false})).backward();
  sum(layer_norm(x, gamma, beta)).backward();
  sum(group_norm(x, gamma, beta, 3)).backward();
  CHECK(gamma.grad().to_vector() == std::vector<double>{0, 0, 0});
  CHECK(beta.grad().to_vector() == std::vector<double>{0, 0, 0});
}

}  // namespace
}  // namespace radial
