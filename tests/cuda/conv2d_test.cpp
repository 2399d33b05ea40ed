// Convolutions on a GPU, where the table of ops does not reach: bfloat16 beside float32, sums that are added to what is
// there, addresses of little alignment, empty batches, errors.
#include "core/kernels.h"
#include "core/ops.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

const std::vector<Conv2dGeometry> geometries = {
    {{3, 12, 9, 64}, {64, 3, 3, 64}, {.padding = 1}},
    {{2, 17, 19, 3}, {16, 7, 7, 3}, {.stride = 2, .padding = 3}},
    {{5, 7, 7, 24}, {40, 1, 1, 24}, {.stride = 2}},
    {{1, 1, 1, 17}, {1, 1, 1, 17}, {}},
    {{2, 9, 9, 12}, {18, 3, 3, 6}, {.padding = 2, .dilation = 2, .groups = 2}},
    {{2, 9, 7, 33}, {33, 3, 3, 1}, {.stride = 2, .padding = 1, .groups = 33}},
};

// x, w, dy of a convolution, with values that bfloat16 has, and what the CPU makes of them in float64.
struct Exact {
  explicit Exact(const Conv2dGeometry& geometry) : g(geometry) {
    kernels::conv2d_forward(y, x, w, g);
    kernels::conv2d_backward_input(dx, dy, w, g, false);
    kernels::conv2d_backward_weight(dw, dy, x, g, false);
  }
  static Tensor values(const char* name, const Shape& shape) {
    return formula::tensor(name, shape).to(DType::bf16).to(DType::f64);
  }
  Conv2dGeometry g;
  Tensor x = values("x", g.x_shape()), w = values("w", g.w_shape()), dy = values("dy", g.y_shape());
  Tensor y = empty_like(dy), dx = empty_like(x), dw = empty_like(w);
  // Of sums in float32.
  double bound() const { return float32_bound(std::max(g.rows(), g.kh * g.kw * std::max(g.cg, g.og()))); }
};

TEST_CASE("with bfloat16 pictures the weights stay float32, and so does their gradient") {
  const auto card = find_card();
  if (!card) return;
  for (const Conv2dGeometry& g : geometries) {
    CAPTURE(g.x_shape().str(), g.w_shape().str());
    const Exact exact(g);
    Tensor x = exact.x.to(DType::bf16).to(*card), w = exact.w.to(DType::f32).to(*card);
    x.set_requires_grad(), w.set_requires_grad();
    const Tensor y = conv2d(x, w, {g.stride, g.padding, g.dilation, g.groups});
    sum(mul(y, exact.dy.to(DType::bf16).to(*card))).backward();
    CHECK(y.dtype() == DType::bf16);
    CHECK(x.grad().dtype() == DType::bf16);
    CHECK(w.grad().dtype() == DType::f32);
    CHECK(relative_error(y, exact.y) <= 0x1p-9 + exact.bound());
    CHECK(relative_error(x.grad(), exact.dx) <= 0x1p-9 + exact.bound());
    const bool is_rounded = g.groups > 1 || g.c % 8 != 0 || g.o % 8 != 0;  // docs/gpu.md
    CHECK(relative_error(w.grad(), exact.dw) <= (is_rounded ? 0x1p-9 : 0) + exact.bound());
  }
}

TEST_CASE("gradients of convolutions are added to what is there") {
  const auto card = find_card();
  if (!card) return;
  for (const Conv2dGeometry& g : geometries) {
    for (const auto& dtypes :
         {std::pair{DType::f32, DType::f32}, std::pair{DType::bf16, DType::bf16}, std::pair{DType::bf16, DType::f32}}) {
      const DType dtype = dtypes.first, weight_dtype = dtypes.second;
      CAPTURE(g.x_shape().str(), g.w_shape().str(), name_of(dtype), name_of(weight_dtype));
      Exact exact(g);
      const auto there = [&](const Tensor& t) { return t.to(dtype).to(*card); };
      Tensor dx = there(exact.x), dw = exact.w.to(weight_dtype).to(*card);
      kernels::conv2d_backward_input(dx, there(exact.dy), there(exact.w), g, true);
      kernels::conv2d_backward_weight(dw, there(exact.dy), there(exact.x), g, true);
      kernels::accumulate(exact.dx, exact.x, 1);
      kernels::accumulate(exact.dw, exact.w, 1);
      // Engines of cuDNN may round their sums to the result's type before they add, and what they added once more.
      const double rounded = dtype == DType::bf16 ? 2 * 0x1p-9 : 0;
      CHECK(relative_error(dx, exact.dx) <= exact.bound() + rounded);
      CHECK(relative_error(dw, exact.dw) <= exact.bound() + rounded);
    }
  }
}

TEST_CASE("the operands of a convolution may begin anywhere") {
  const auto card = find_card();
  if (!card) return;
  const Exact exact({{2, 5, 7, 3}, {5, 3, 3, 3}, {.padding = 1}});
  const auto shifted = [&](const Tensor& t, DType dtype) {  // by one element
    Tensor all = Tensor::zeros({t.numel() + 1}, dtype, *card), part = all.slice(1, t.numel() + 1).view(t.shape());
    part.copy_from(t.to(dtype));
    return part;
  };
  for (const DType dtype : {DType::f32, DType::bf16}) {
    Tensor y = shifted(exact.dy, dtype);
    kernels::conv2d_forward(y, shifted(exact.x, dtype), shifted(exact.w, dtype), exact.g);
    CHECK(relative_error(y, exact.y) <= exact.bound() + (dtype == DType::bf16 ? 0x1p-9 : 0));
  }
}

TEST_CASE("an empty batch has results, and a gradient of zeros") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::empty({0, 5, 5, 8}, DType::f32, *card);
  Tensor w = Tensor::full({8, 3, 3, 8}, 1, DType::f32, *card).set_requires_grad();
  const Tensor y = conv2d(x, w, {.padding = 1});
  CHECK(y.shape() == Shape{0, 5, 5, 8});
  sum(y).backward();
  CHECK(w.grad().to_vector() == std::vector<double>(8 * 9 * 8, 0));
  w.grad().fill(7);
  sum(conv2d(x, w, {.padding = 1})).backward();
  CHECK(w.grad().to_vector() == std::vector<double>(8 * 9 * 8, 7));
}

TEST_CASE("dtypes that convolutions on the GPU do not have are refused") {
  const auto card = find_card();
  if (!card) return;
  const auto convolve = [&](DType x, DType w) {
    return conv2d(Tensor::zeros({1, 3, 3, 1}, x, *card), Tensor::zeros({1, 3, 3, 1}, w, *card));
  };
  CHECK_THROWS_WITH(convolve(DType::f64, DType::f64),
                    ContainsSubstring("conv2d: got float64 but needs float32 or bfloat16 on the GPU"));
  CHECK_THROWS_WITH(convolve(DType::f32, DType::bf16), ContainsSubstring("conv2d: x is float32 but w is bfloat16"));
}

TEST_CASE("what cannot be computed is an error with the op and the geometry") {
  const auto card = find_card();
  if (!card) return;
  const Conv2dGeometry g({1, 3, 3, 1}, {1, 3, 3, 1}, {.padding = 1});
  const auto zeros = [&](DType dtype) { return Tensor::zeros({1, 3, 3, 1}, dtype, *card); };
  Tensor dx = zeros(DType::f32);  // nobody adds to float32 here
  try {
    kernels::conv2d_backward_input(dx, zeros(DType::bf16), zeros(DType::bf16), g, true);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), ContainsSubstring("conv2d_backward_input: cuDNN has no engine for x [1, 3, 3, 1], w ["));
    CHECK_THAT(error.what(), ContainsSubstring("stride 1, padding 1, dilation 1, groups 1, bfloat16: "));
  }
}

}  // namespace
}  // namespace radial
