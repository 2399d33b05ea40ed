// Names of devices, tensors that move between them, and what a build without CUDA says.
#include "core/device.h"

#include "core/tensor.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("a device is cpu, cuda, cuda:N or auto") {
  CHECK(parse_device("cpu") == Device{});
  CHECK_NOTHROW(parse_device("auto"));
  for (const char* text : {"", "gpu", "cuda:", "cuda:x", "cuda:1x", "cuda:-1", "CPU", "cpu:0"})
    CHECK_THROWS_WITH(parse_device(text), ContainsSubstring("it must be cpu, cuda, cuda:N or auto"));
}

TEST_CASE("a tensor that has the device is itself, with its gradient") {
  Tensor x = Tensor::full({2, 3}, 4);
  x.set_requires_grad();
  const Tensor y = x.to(Device{});
  CHECK(y.shares_storage_with(x));
  CHECK(y.node() == x.node());
}

#ifndef RADIAL_WITH_CUDA
TEST_CASE("without CUDA there is no GPU, and the error says so") {
  CHECK(parse_device("auto") == Device{});
  CHECK_THROWS_WITH(parse_device("cuda:1"), ContainsSubstring("cuda:1 cannot be used: this Radial was built without"));
  CHECK_THROWS_WITH(Tensor::full({2}, 1).to(Device{DeviceType::cuda, 0}),
                    ContainsSubstring("cuda:0 was asked for but this Radial was built without CUDA"));
  CHECK_THROWS_WITH(pool_statistics({DeviceType::cuda, 0}), ContainsSubstring("built without CUDA"));
}
#endif

}  // namespace
}  // namespace radial
