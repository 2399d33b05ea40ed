// Every op with every tensor that nobody expects: nothing, no rows, no channels, wrong ranks, undefined. Each call
// either gives a result whose values and gradients can be read, or throws Error.
#include "tests/nasty_shapes.h"

#include <functional>
#include <limits>

#include "core/ops.h"
#include "core/ops/conv2d_algorithm.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("nasty shapes give results or errors, on the CPU") {
  for (const char* algorithm : {"direct", "winograd", "auto"}) {
    set_conv_algorithm(algorithm);
    for (const DType dtype : {DType::f32, DType::f64}) {
      const NastyCount count = call_all_with_nasty_shapes({}, dtype);
      CAPTURE(algorithm, name_of(dtype));
      CHECK(count.results > 200);
      CHECK(count.errors > 1000);
    }
  }
  set_conv_algorithm("");
}

TEST_CASE("an undefined tensor is an error in every op and member") {
  const Tensor none, x = Tensor::full({2, 3}, 1);
  Tensor target;
  CHECK_THROWS_WITH(add(x, none), ContainsSubstring("add: b is an undefined tensor"));
  CHECK_THROWS_WITH(softmax(none), ContainsSubstring("softmax: x is an undefined tensor"));
  CHECK_THROWS_WITH(conv2d(none, none), ContainsSubstring("conv2d: x is an undefined tensor"));
  CHECK_THROWS_AS(none.clone(), Error);
  CHECK_THROWS_AS(none.view({1}), Error);
  CHECK_THROWS_AS(none.slice(0, 1), Error);
  CHECK_THROWS_AS(none.to(DType::f64), Error);
  CHECK_THROWS_AS(none.to(DType::f32), Error);
  CHECK_THROWS_AS(none.to(Device{}), Error);
  CHECK_THROWS_AS(none.item(), Error);
  CHECK_THROWS_AS(none.to_vector(), Error);
  CHECK_THROWS_AS(none.bytes_data(), Error);
  CHECK_THROWS_AS(none.backward(), Error);
  CHECK_THROWS_AS(none.dim(0), Error);
  CHECK_THROWS_AS(target.fill(0), Error);
  CHECK_THROWS_AS(target.copy_from(x), Error);
  CHECK_THROWS_AS(Tensor(x).copy_from(none), Error);
  CHECK_THROWS_AS(target.set_requires_grad(), Error);
  CHECK_THROWS_AS(empty_like(none).view({2}), Error);
  CHECK(none.numel() == 0);
  CHECK(none.bytes() == 0);
  CHECK(none.rows() == 0);
  CHECK_FALSE(none.detach().defined());
  CHECK_THROWS_WITH(Tensor(x).set_requires_grad().grad().clone(), ContainsSubstring("clone: the tensor is undefined"));
}

TEST_CASE("options beyond 32 bits are refused, not multiplied") {
  const Tensor x = Tensor::full({1, 4, 4, 2}, 1), w = Tensor::full({2, 3, 3, 2}, 1);
  for (const int64_t huge : {int64_t{1} << 31, int64_t{1} << 62, std::numeric_limits<int64_t>::max()}) {
    CAPTURE(huge);
    CHECK_THROWS_AS(conv2d(x, w, {.stride = huge}), Error);
    CHECK_THROWS_AS(conv2d(x, w, {.padding = huge}), Error);
    CHECK_THROWS_AS(conv2d(x, w, {.dilation = huge}), Error);
    CHECK_THROWS_AS(conv2d(x, w, {.groups = huge}), Error);
    CHECK_THROWS_AS(conv2d(x, w, {.padding = -huge}), Error);
    CHECK_THROWS_AS(max_pool2d(x, {.kernel = huge, .padding = huge / 2}), Error);
    CHECK_THROWS_AS(avg_pool2d(x, {.kernel = 2, .stride = huge}), Error);
    CHECK_THROWS_AS(group_norm(x, Tensor::full({2}, 1), Tensor::full({2}, 1), huge), Error);
  }
  CHECK_THROWS_AS(conv2d(x, w, {.padding = 0x7FFFFFFF}), Error);  // a result that no memory holds
}

TEST_CASE("sizes that 64 bits do not hold are out of memory, wherever they come from") {
  const int64_t most = std::numeric_limits<int64_t>::max(), half = int64_t{1} << 32;
  const auto refused = [](auto&& make) {
    try {
      make();
      FAIL_CHECK("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::out_of_memory);
    }
  };
  refused([&] { Tensor::empty({most}); });
  refused([&] { Tensor::empty({most}, DType::u8); });
  refused([&] { Tensor::empty({most, most}); });
  refused([&] { Tensor::zeros({half, half}); });
  refused([&] { Tensor::empty({half, half, half, half, half}, DType::u8); });
  refused([&] { Tensor::empty({int64_t{1} << 61}, DType::f64); });
  refused([&] { (void)Shape({most, 2}).numel(); });
  refused([&] { (void)Shape({most, 2}).rows(); });
  refused([&] { Tensor::full({2}, 1).view({most, most}); });
  CHECK(Shape({most, most, 0}).numel() == 0);
  CHECK(Shape({0, most, most}).numel() == 0);
  CHECK(Tensor::empty({most, 0, most}).numel() == 0);
}

TEST_CASE("a dimension that is not there is an error") {
  const Tensor matrix = Tensor::zeros({2, 3});
  CHECK(matrix.dim(-1) == 3);
  CHECK(matrix.dim(-2) == 2);
  for (const int i : {2, 4, 5, 1000, -3, std::numeric_limits<int>::min()}) {
    CAPTURE(i);
    CHECK_THROWS_WITH(matrix.dim(i), ContainsSubstring("[2, 3] has 2 dimensions"));
  }
  CHECK_THROWS_AS(Tensor::scalar(1).dim(0), Error);
  CHECK_THROWS_AS(Tensor::scalar(1).dim(-1), Error);
  Shape shape{2, 3};
  CHECK_THROWS_AS(shape.set(2, 1), Error);
  CHECK_THROWS_AS(shape.set(0, -1), Error);
}

TEST_CASE("labels that are no class are errors") {
  const Tensor logits = Tensor::zeros({2, 3}), loss = Tensor::scalar(0);
  Tensor score = Tensor::zeros({3}, DType::f64);
  for (const int32_t bad : {-1, 3, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    const Tensor labels = Tensor::from(std::vector<int32_t>{0, bad}, {2});
    CHECK_THROWS_WITH(score_batch(score, loss, logits, labels),
                      ContainsSubstring("score_batch: label") && ContainsSubstring("of row 1"));
    CHECK_THROWS_WITH(cross_entropy(logits, labels), ContainsSubstring("cross_entropy: label"));
  }
}

}  // namespace
}  // namespace radial
