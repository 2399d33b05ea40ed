// What ops say when shapes, dtypes or options do not fit. Convolution and products: conv2d_test and matmul_test.
#include "core/ops.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

const Tensor x = Tensor::full({2, 4, 4, 6}, 1), row = Tensor::full({6}, 1), other = Tensor::full({5}, 1);

TEST_CASE("pointwise ops want shapes that join and one dtype") {
  const Tensor a = Tensor::full({2, 3}, 1), b = Tensor::full({3, 2}, 1);
  CHECK_THROWS_WITH(add(a, b), ContainsSubstring("add: the shapes [2, 3], [3, 2] do not join"));
  CHECK_THROWS_WITH(sub(a, b), ContainsSubstring("sub: "));
  CHECK_THROWS_WITH(mul(a, a.to(DType::f64)), ContainsSubstring("float32 [2, 3] and float64 [2, 3]"));
  CHECK_THROWS_WITH(relu(Tensor::zeros({2}, DType::i32)), ContainsSubstring("int32"));
  CHECK_THROWS_WITH(bias(x, other), ContainsSubstring("bias: x has 6 channels but the bias is float32 [5]"));
  CHECK_THROWS_WITH(bias(x, row.to(DType::f64)), ContainsSubstring("the bias is float64 [6]"));
}

TEST_CASE("errors of ops are usage errors") {
  try {
    add(row, other);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
  }
}

TEST_CASE("batch_norm says which argument does not fit") {
  BatchNormState state{row.clone(), row.clone()}, wrong{other, other}, doubles{row.to(DType::f64), row.to(DType::f64)};
  CHECK_THROWS_WITH(batch_norm(x, other, row, state), ContainsSubstring("batch_norm: x is float32 [2, 4, 4, 6]") &&
                                                          ContainsSubstring("gamma") && ContainsSubstring("[5]"));
  CHECK_THROWS_WITH(batch_norm(x, row, row, wrong), ContainsSubstring("running statistics"));
  CHECK_THROWS_WITH(batch_norm(x, row, row, doubles), ContainsSubstring("running statistics"));
  CHECK_THROWS_WITH(batch_norm(x, row, row, state, {.residual = row}),
                    ContainsSubstring("the residual is [6] but x is [2, 4, 4, 6]"));
  CHECK_THROWS_WITH(batch_norm(Tensor::full({1, 6}, 1), row, row, state),
                    ContainsSubstring("more than one value per channel in training (x [1, 6])"));
  CHECK_NOTHROW(batch_norm(Tensor::full({1, 6}, 1), row, row, state, {.training = false}));
}

TEST_CASE("the other normalisations say what does not fit") {
  CHECK_THROWS_WITH(layer_norm(x, row, other), ContainsSubstring("layer_norm: x is float32 [2, 4, 4, 6]") &&
                                                   ContainsSubstring("beta float32 [5]"));
  CHECK_THROWS_WITH(group_norm(x, row, row, 4), ContainsSubstring("group_norm: 4 groups do not divide 6 channels"));
  CHECK_THROWS_WITH(group_norm(x, row, row, 0), ContainsSubstring("0 groups"));
  CHECK_THROWS_WITH(group_norm(x, row, {}, 2), ContainsSubstring("group_norm"));
  CHECK_THROWS_WITH(instance_norm(x, other, other), ContainsSubstring("instance_norm: x is [2, 4, 4, 6] but gamma is "
                                                                      "[5]"));
}

TEST_CASE("pools say what does not fit") {
  CHECK_THROWS_WITH(max_pool2d(row, {}), ContainsSubstring("max_pool2d: x must be [n, h, w, c] but is [6]"));
  CHECK_THROWS_WITH(avg_pool2d(x, {.kernel = 2, .padding = 2}),
                    ContainsSubstring("avg_pool2d: kernel 2") && ContainsSubstring("at most half of the kernel"));
  CHECK_THROWS_WITH(max_pool2d(x, {.kernel = 5}), ContainsSubstring("kernel 5 is larger than the padded x"));
  CHECK_THROWS_WITH(max_pool2d(x, {.stride = 0}), ContainsSubstring("stride 0"));
  CHECK_THROWS_WITH(global_avg_pool(row), ContainsSubstring("global_avg_pool: x must be [n, h, w, c] but is [6]"));
}

TEST_CASE("cross_entropy names the bad label") {
  const Tensor logits = Tensor::full({2, 3}, 0);
  const auto labels = [](std::vector<int32_t> values) {
    const auto n = static_cast<int64_t>(values.size());
    return Tensor::from(values, {n});
  };
  CHECK_THROWS_WITH(cross_entropy(logits, labels({0, 3})),
                    ContainsSubstring("cross_entropy: label 3 of row 1 is not in [0, 3)"));
  CHECK_THROWS_WITH(cross_entropy(logits, labels({-1, 0})), ContainsSubstring("label -1 of row 0"));
  CHECK_THROWS_WITH(cross_entropy(logits, labels({0})), ContainsSubstring("labels are int32 [1] but logits [2, 3]"));
  CHECK_THROWS_WITH(cross_entropy(logits, row), ContainsSubstring("soft targets are float32 [6] but logits float32"));
  CHECK_THROWS_WITH(cross_entropy(row, labels({0})), ContainsSubstring("logits must be [n, classes] but are [6]"));
  CHECK_THROWS_WITH(cross_entropy(logits, labels({0, 1}), {.label_smoothing = 1.5}),
                    ContainsSubstring("label_smoothing is 1.5 but must be in [0, 1]"));
}

TEST_CASE("reductions say what does not fit") {
  CHECK_THROWS_WITH(row_dots(row, other), ContainsSubstring("row_dots: a is [6] but b is [5]"));
  CHECK_THROWS_WITH(reshape(row, {5}), ContainsSubstring("[6] has 6 elements but [5] has 5"));
  CHECK_THROWS_WITH(l2_normalize(Tensor::scalar(1)), ContainsSubstring("l2_normalize: x must have rows"));
}

}  // namespace
}  // namespace radial
