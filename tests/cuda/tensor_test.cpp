// Tensors on a GPU: the way there and back, the pool, what is refused.
#include "core/tensor.h"

#include "core/ops.h"
#include "tests/cuda/card.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("a tensor goes to the GPU and comes back") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  const Tensor there = x.to(*card);
  CHECK(there.device() == *card);
  CHECK(there.shape() == x.shape());
  CHECK(there.to(*card).shares_storage_with(there));
  CHECK(there.to(Device{}).to_vector() == x.to_vector());
  CHECK(there.slice(1, 2).to_vector() == std::vector<double>{3, 4});
  CHECK(there.clone().to_vector() == x.to_vector());
  CHECK(Tensor::scalar(2.5).to(*card).item() == 2.5);
  CHECK(Tensor::empty({0, 4}).to(*card).to(Device{}).shape() == Shape{0, 4});
}

TEST_CASE("copies to the GPU have the values of their time, whatever becomes of the source") {
  const auto card = find_card();
  if (!card) return;
  Tensor x = Tensor::empty({1000});
  std::vector<Tensor> there;
  for (int copy = 0; copy < 20; ++copy) {
    x.fill(copy);
    there.push_back(x.to(*card));
  }
  x.fill(-1);
  for (int copy = 0; copy < 20; ++copy)
    CHECK(there[static_cast<size_t>(copy)].to_vector() == std::vector<double>(1000, copy));
}

TEST_CASE("copy_from writes across devices into what is there") {
  const auto card = find_card();
  if (!card) return;
  Tensor there = Tensor::zeros({4}, DType::f32, *card);
  there.slice(1, 3).copy_from(Tensor::full({2}, 5));
  CHECK(there.to_vector() == std::vector<double>{0, 5, 5, 0});
  Tensor here = Tensor::zeros({4});
  here.copy_from(there);
  CHECK(here.to_vector() == there.to_vector());
  CHECK_THROWS_WITH(here.copy_from(there.slice(0, 2)), ContainsSubstring("copy: source is float32 [2]"));
}

TEST_CASE("tensors of two devices do not meet in an op") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::full({2}, 1);
  CHECK_THROWS_WITH(add(x, x.to(*card)), ContainsSubstring("tensors are on different devices"));
}

TEST_CASE("the GPU's pool counts for itself") {
  const auto card = find_card();
  if (!card) return;
  release_pool(*card);
  const PoolStatistics host = pool_statistics(), before = pool_statistics(*card);
  constexpr size_t bytes = size_t{1} << 20;
  {
    const Storage storage(bytes, *card);
    CHECK(pool_statistics(*card).used == before.used + bytes);
    CHECK(pool_statistics().used == host.used);
  }
  CHECK(pool_statistics(*card).used == before.used);
  release_pool(*card);
  CHECK(pool_statistics(*card).held == before.held);
}

TEST_CASE("too much memory of the GPU is an error that says what was free") {
  const auto card = find_card();
  if (!card) return;
  try {
    Tensor::empty({int64_t{1} << 46}, DType::f32, *card);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::out_of_memory);
    CHECK_THAT(error.what(), ContainsSubstring("281474976710656 bytes were asked for"));
    CHECK_THAT(error.what(), ContainsSubstring("cuda:0 has "));
    CHECK_THAT(error.what(), ContainsSubstring("--batch-size"));
  }
  CHECK(Tensor::full({2}, 3, DType::f32, *card).to_vector() == std::vector<double>{3, 3});
}

TEST_CASE("a card that is not there is refused with the number of those that are") {
  const auto card = find_card();
  if (!card) return;
  CHECK(parse_device("cuda") == *card);
  CHECK(parse_device("auto") == *card);
  CHECK_THROWS_WITH(parse_device("cuda:99"), ContainsSubstring("cuda:99 cannot be used: there "));
}

}  // namespace
}  // namespace radial
