// What cuDNN answers to the graphs of convolutions. It plans for a card that is only described, so this needs none; the
// engines that it compiles itself are left out where there is no driver.
#include "core/cuda/conv_plan.h"

#include <cmath>
#include <optional>
#include <string_view>

#include "tests/catch.h"
#include "tests/cuda/resnet_convolutions.h"

namespace radial::cuda {
namespace {

constexpr std::string_view h100 = R"({"deviceName": "NVIDIA H100 80GB HBM3", "cudaDeviceId": 0, "pciDeviceId": 0,
  "deviceVer": 900, "driverVer": 13000, "multiProcessorCount": 132, "totalGlobalMem": 85029158912,
  "smClockRateKHz": 1980000, "memClockRateKHz": 2619000, "l2CacheSize": 52428800, "warpSize": 32,
  "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64], "maxCtasPerSM": 32,
  "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "regsPerBlock": 65536, "maxRegistersPerSM": 65536,
  "maxSharedMemoryPerBlock": 49152, "maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024,
  "isTccDriver": 0, "supportCoopLaunch": 1})";

constexpr ConvPass passes[] = {ConvPass::forward, ConvPass::backward_input, ConvPass::backward_weight};
constexpr size_t workspace_bytes = size_t{1} << 30;

// Empty where cuDNN cannot read the description, as before version 9.11; then the test says that it is skipped.
std::optional<Descriptor> find_h100() {
#if CUDNN_VERSION >= 91100
  Descriptor device(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  device.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, std::vector<char>(h100.begin(), h100.end()));
  if (const cudnnStatus_t status = device.try_finalize(); status != CUDNN_STATUS_SUCCESS) {
    WARN("skipped: cuDNN reads no such description of a card: " << message_of(status));
    return {};
  }
  return device;
#else
  WARN("skipped: cuDNN " << CUDNN_VERSION << " cannot plan for a card that is not there");
  return {};
#endif
}

void check_plans(const ConvPlanKey& key, const Descriptor& device) {
  ConvObstacle obstacle;
  const auto plans =
      find_conv_plans(key, {.at_most = 4, .workspace_bytes = workspace_bytes, .device = &device}, obstacle);
  INFO(name_of(key.pass) << " " << key << ", accumulate " << key.accumulate << ": " << obstacle.why);
  CHECK(!plans.empty());
  CHECK(plans.size() <= 4);
  for (const ConvPlan& plan : plans) CHECK(plan.workspace_bytes <= workspace_bytes);
}

TEST_CASE("cuDNN has deterministic plans for all convolutions of ResNet18 and ResNet50") {
  const auto device = find_h100();
  if (!device) return;
  for (const bool bottleneck : {false, true})
    for (const Conv2dGeometry& g : resnet_convolutions(bottleneck, 256))
      for (const ConvPass pass : passes)
        for (const DType dtype : {DType::f32, DType::bf16})
          for (const bool accumulate : {false, true})
            if (!accumulate || pass != ConvPass::forward) check_plans({g, pass, dtype, dtype, accumulate}, *device);
}

TEST_CASE("cuDNN has plans for odd channels, groups, dilation and addresses of little alignment") {
  const auto device = find_h100();
  if (!device) return;
  const std::vector<Conv2dGeometry> geometries = {
      {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
      {{1, 7, 5, 17}, {19, 3, 3, 17}, {.padding = 1}},
      {{1, 7, 5, 3}, {2, 3, 1, 3}, {.padding = 2}},
      {{1, 9, 8, 5}, {7, 3, 3, 5}, {.padding = 2, .dilation = 2}},
      {{2, 5, 7, 6}, {4, 3, 3, 3}, {.padding = 1, .groups = 2}},
      {{1, 5, 5, 24}, {36, 3, 3, 8}, {.stride = 2, .padding = 1, .groups = 3}},
      {{1, 5, 7, 3}, {6, 3, 3, 1}, {.padding = 1, .groups = 3}},
      {{2, 7, 5, 17}, {17, 3, 3, 1}, {.stride = 2, .padding = 1, .groups = 17}},
      {{1, 9, 7, 64}, {64, 5, 3, 1}, {.padding = 2, .dilation = 2, .groups = 64}},
      {{2, 4, 5, 16}, {16, 2, 2, 16}, {.stride = 3}},
  };
  for (const Conv2dGeometry& g : geometries)
    for (const ConvPass pass : passes)
      for (const DType dtype : {DType::f32, DType::bf16})
        for (const int64_t alignment : {int64_t{16}, static_cast<int64_t>(size_of(dtype))})
          check_plans({g, pass, dtype, dtype, false, false, alignment}, *device);
}

TEST_CASE("TF32 and workspace are granted or not") {
  const auto device = find_h100();
  if (!device) return;
  const Conv2dGeometry g({256, 56, 56, 64}, {64, 3, 3, 64}, {.padding = 1});
  ConvObstacle obstacle;
  const auto plans = [&](bool tf32, size_t bytes) {
    return find_conv_plans({g, ConvPass::forward, DType::f32, DType::f32, false, tf32},
                           {.at_most = 100, .workspace_bytes = bytes, .device = &*device}, obstacle);
  };
  const size_t granted = plans(false, workspace_bytes).size();
  // Some versions of cuDNN list engines that want more.
  CHECK((obstacle.workspace_bytes == 0 || obstacle.workspace_bytes > workspace_bytes));
  CHECK(plans(true, workspace_bytes).size() > granted);
  CHECK(plans(false, 0).size() < granted);
  const size_t least = obstacle.workspace_bytes;  // that was refused
  REQUIRE(least > 0);
  CHECK(plans(false, least - 1).size() == plans(false, 0).size());
  CHECK(plans(false, least).size() > plans(false, 0).size());
  for (const ConvPlan& plan : plans(false, 0)) CHECK(plan.workspace_bytes == 0);
}

TEST_CASE("a plan takes addresses, but runs on a card alone") {
  const auto device = find_h100();
  if (!device) return;
  const Conv2dGeometry g({2, 5, 5, 8}, {8, 3, 3, 8}, {.padding = 1});
  ConvObstacle obstacle;
  const auto plans = find_conv_plans({g, ConvPass::forward, DType::f32, DType::f32},
                                     {.at_most = 1, .workspace_bytes = workspace_bytes, .device = &*device}, obstacle);
  REQUIRE(plans.size() == 1);
  alignas(16) char memory[64];
  CHECK(plans[0].run(nullptr, {memory, memory + 16, memory + 32}, memory + 48) == CUDNN_STATUS_BAD_PARAM);
}

TEST_CASE("where cuDNN has no plan it says why") {
  const auto device = find_h100();
  if (!device) return;
  const Conv2dGeometry depthwise({2, 9, 9, 16}, {16, 3, 3, 1}, {.padding = 1, .groups = 16});
  ConvObstacle obstacle;
  const auto plans = find_conv_plans({depthwise, ConvPass::backward_weight, DType::bf16, DType::f32},
                                     {.at_most = 1, .workspace_bytes = workspace_bytes, .device = &*device}, obstacle);
  CHECK(plans.empty());
  CHECK(!obstacle.why.empty());
  // Some versions of cuDNN list engines that want more.
  CHECK((obstacle.workspace_bytes == 0 || obstacle.workspace_bytes > workspace_bytes));
}

TEST_CASE("the first plan that is nearly as fast as the fastest is taken") {
  CHECK(first_of_fastest({2}) == 0);
  CHECK(first_of_fastest({1.04F, 1, 3}) == 0);
  CHECK(first_of_fastest({1.06F, 2, 1, 1}) == 2);
  CHECK(first_of_fastest({INFINITY, 5}) == 1);         // the first cannot run
  CHECK(first_of_fastest({INFINITY, INFINITY}) == 0);  // nor the second
}

}  // namespace
}  // namespace radial::cuda
