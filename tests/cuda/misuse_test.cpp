// The emulated device notices mistakes of kernels, each with thread, block and place.
#include "core/cuda/context.h"
#include "core/cuda/reduce.h"
#include "core/tensor.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;
using cuda::smem_array;

template <class... Parameters, class... Arguments>
void run(unsigned threads, size_t shared_bytes, void (*kernel)(Parameters...), Arguments... arguments) {
  cuda::launch(cuda::use(0).stream, 2, threads, shared_bytes, kernel, arguments...);
}

__global__ void divided_barrier() {
  if (threadIdx.x < 32) __syncthreads();
}

__global__ void two_barriers() {
  if (threadIdx.x < 32)
    __syncthreads();
  else
    __syncthreads();
}

__global__ void absent_lane() {
  if (threadIdx.x % 32 < 16) cuda::warp_sum(1.0F);
}

__global__ void foreign_mask() { __shfl_sync(0xFFFFu, 1, 0); }

__global__ void past_shared_array() {
  __shared__ smem_array<float, 32> values;
  values[threadIdx.x] = 1;
}

__global__ void past_dynamic() { cuda::dynamic_smem<float>()[threadIdx.x] = 1; }

__global__ void writes(float* y, int n) {
  if (static_cast<int>(threadIdx.x) < n) y[threadIdx.x] = 1;
}

TEST_CASE("a barrier that part of the block does not reach is an error") {
  CHECK_THROWS_WITH(run(64, 0, divided_barrier), ContainsSubstring("the block is divided") &&
                                                     ContainsSubstring("threads 32-63 have ended") &&
                                                     ContainsSubstring("misuse_test.cpp"));
  CHECK_NOTHROW(run(32, 0, divided_barrier));
}

TEST_CASE("two barriers are not one") { CHECK_THROWS_WITH(run(64, 0, two_barriers), ContainsSubstring("divided")); }

TEST_CASE("a mask must name lanes that come, and its own") {
  CHECK_THROWS_WITH(run(32, 0, absent_lane), ContainsSubstring("divided") && ContainsSubstring("wait at a shuffle"));
  CHECK_THROWS_WITH(run(32, 0, foreign_mask), ContainsSubstring("a mask lacks its own lane"));
  CHECK_THROWS_WITH(run(48, 0, absent_lane),
                    ContainsSubstring("lanes that the block does not have") || ContainsSubstring("divided"));
}

TEST_CASE("an index past a shared array is an error") {
  CHECK_NOTHROW(run(32, 0, past_shared_array));
  CHECK_THROWS_WITH(run(64, 0, past_shared_array),
                    ContainsSubstring("index 32 of a shared array of 32") && ContainsSubstring("thread (32, 0, 0)"));
}

TEST_CASE("shared memory that the launch did not ask for is an error, and so is too much") {
  CHECK_NOTHROW(run(32, 128, past_dynamic));
  CHECK_THROWS_WITH(run(32, 0, past_dynamic), ContainsSubstring("the launch asked for none"));
  CHECK_THROWS_WITH(run(32, size_t{49} << 10, past_dynamic), ContainsSubstring("bytes of dynamic shared memory"));
}

TEST_CASE("impossible launches are errors") {
  CHECK_THROWS_WITH(run(0, 0, divided_barrier), ContainsSubstring("a block of (0, 1, 1) threads"));
  CHECK_THROWS_WITH(run(1025, 0, divided_barrier), ContainsSubstring("a block of (1025, 1, 1) threads"));
}

TEST_CASE("a kernel cannot be given memory of the host") {
  float host[32];
  CHECK_THROWS_WITH(run(32, 0, writes, host, 32), ContainsSubstring("a kernel is given host memory"));
}

#ifndef RADIAL_SANITIZED  // the address sanitizer ends the program at the write itself
TEST_CASE("a write behind a buffer is an error") {
  Tensor y = Tensor::zeros({16}, DType::f32, {DeviceType::cuda, 0});
  CHECK_NOTHROW(run(32, 0, writes, y.data<float>(), 16));
  CHECK_THROWS_WITH(run(32, 0, writes, y.data<float>(), 17),
                    ContainsSubstring("behind the end of a buffer of 64 bytes"));
}

TEST_CASE("a write behind dynamic shared memory is an error") {
  CHECK_THROWS_WITH(run(33, 128, past_dynamic), ContainsSubstring("behind the end of shared memory"));
}

TEST_CASE("fresh memory of the GPU is not a number") {
  release_pool({DeviceType::cuda, 0});
  for (const double value : Tensor::empty({5}, DType::f32, {DeviceType::cuda, 0}).to_vector()) CHECK(value != value);
}
#endif

}  // namespace
}  // namespace radial
