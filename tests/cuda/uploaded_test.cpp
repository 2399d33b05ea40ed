// Arrays that go to a card when they changed.
#include "core/cuda/uploaded.h"

#include "tests/cuda/card.h"

namespace radial {
namespace {

TEST_CASE("an uploaded array follows its changes, shorter and longer ones") {
  const auto card = find_card();
  if (!card) return;
  const cuda::Context& context = cuda::use(*card);
  cuda::Uploaded<int> array;
  CHECK(array.upload(context, {}) == nullptr);
  for (const std::vector<int>& values :
       {std::vector{1, 2, 3}, {1, 2, 3}, {1, 5, 3}, {7}, {1, 5}, {9, 8, 7, 6, 5, 4, 3, 2, 1}, {9, 8, 7, 6, 5}}) {
    const int* there = array.upload(context, values);
    std::vector<int> back(values.size());
    cuda::check_cuda(
        cudaMemcpyAsync(back.data(), there, values.size() * sizeof(int), cudaMemcpyDeviceToHost, context.stream),
        "test");
    synchronize(*card);
    CHECK(back == values);
  }
}

}  // namespace
}  // namespace radial
