// A NaN is never lost: each op that compares passes it on, forward and backward, on every instruction set.
#include <cmath>

#include "core/ops.h"
#include "core/simd/target.h"
#include "tests/catch.h"

namespace radial {
namespace {

const double not_a_number = std::nan("");

// [rows, 20] of ones, with NaN at one place; more than a vector of any instruction set.
Tensor with_nan(DType dtype, const Shape& shape, size_t at) {
  std::vector<double> values(static_cast<size_t>(shape.numel()), 1);
  values[at] = not_a_number;
  return Tensor::from(values, shape).to(dtype);
}

size_t nans(const Tensor& x) {
  size_t count = 0;
  for (const double value : x.to_vector()) count += std::isnan(value) ? 1 : 0;
  return count;
}

struct AllTargetsAgain {
  ~AllTargetsAgain() { simd::set_target(""); }
};

TEST_CASE("NaN passes relu, pools, norms, softmax and sums") {
  const AllTargetsAgain guard;
  const std::string target = GENERATE(from_range(simd::supported_targets()));
  const DType dtype = GENERATE(DType::f32, DType::f64);
  const size_t at = GENERATE(size_t{0}, size_t{7}, size_t{37});
  simd::set_target(target);
  CAPTURE(target, name_of(dtype), at);
  const Tensor x = with_nan(dtype, {2, 20}, at), picture = with_nan(dtype, {1, 2, 1, 20}, at);
  CHECK(nans(relu(x)) == 1);
  CHECK(nans(relu6(x)) == 1);
  CHECK(nans(softmax(x)) == 20);
  CHECK(nans(sum(x)) == 1);
  CHECK(nans(mean(x)) == 1);
  CHECK(nans(l2_normalize(x)) == 20);
  CHECK(nans(max_pool2d(with_nan(dtype, {1, 2, 2, 20}, at), {.kernel = 2, .stride = 2})) == 1);
  CHECK(nans(avg_pool2d(with_nan(dtype, {1, 2, 2, 20}, at), {.kernel = 2, .stride = 2})) == 1);
  CHECK(nans(global_avg_pool(picture)) == 1);
  const Tensor ones = Tensor::full({20}, 1, dtype);
  CHECK(nans(layer_norm(x, ones, ones)) == 20);
  CHECK(nans(group_norm(picture, ones, ones, 1)) == 40);
  for (const bool relu : {false, true}) {
    BatchNormState state{Tensor::zeros({20}, dtype), Tensor::full({20}, 1, dtype)};
    CHECK(nans(batch_norm(x, ones, ones, state, {.relu = relu})) == 2);
    CHECK(nans(state.running_mean) == 1);
    CHECK(nans(state.running_var) == 1);
  }
  CHECK(nans(cross_entropy(x, Tensor::zeros({2}, DType::i32))) == 1);
}

// As PyTorch's: what is not known to be below 0 lets its gradient pass.
TEST_CASE("the gradient of relu passes where its input is NaN or infinite") {
  const AllTargetsAgain guard;
  simd::set_target(GENERATE(from_range(simd::supported_targets())));
  const DType dtype = GENERATE(DType::f32, DType::f64);
  std::vector<double> values(20, -1);
  values[3] = not_a_number, values[11] = INFINITY, values[12] = -INFINITY;
  Tensor x = Tensor::from(values, {20}).to(dtype), x6 = x.detach();
  x.set_requires_grad();
  x6.set_requires_grad();
  sum(relu(x)).backward();
  sum(relu6(x6)).backward();
  std::vector<double> expected(20, 0);
  expected[3] = 1;
  CHECK(x6.grad().to_vector() == expected);
  expected[11] = 1;
  CHECK(x.grad().to_vector() == expected);
}

}  // namespace
}  // namespace radial
