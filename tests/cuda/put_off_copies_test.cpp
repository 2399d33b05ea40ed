// The emulated device puts copies from pinned memory off as long as a card might, and may run out of such memory.
#include "core/cuda/context.h"
#include "core/tensor.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;
using cuda::check_cuda;

constexpr size_t count = 4;

struct PinnedInt {
  explicit PinnedInt(int first) {
    check_cuda(cudaMallocHost(&memory, count * sizeof(int)), "test");
    fill(first);
  }
  ~PinnedInt() { cudaFreeHost(memory); }
  PinnedInt(const PinnedInt&) = delete;
  PinnedInt& operator=(const PinnedInt&) = delete;
  void fill(int value) { std::fill_n(static_cast<int*>(memory), count, value); }

  void* memory = nullptr;
};

TEST_CASE("a copy takes what its source holds when somebody waits for it, an event for no later one") {
  const cuda::Context& context = cuda::use(0);
  const Device card{DeviceType::cuda, 0};
  Tensor first = Tensor::empty({count}, DType::i32, card), second = Tensor::empty({count}, DType::i32, card);
  PinnedInt a(1), b(2);
  cudaEvent_t before = nullptr, between = nullptr;
  for (cudaEvent_t* event : {&before, &between})
    check_cuda(cudaEventCreateWithFlags(event, cudaEventDisableTiming), "test");
  const auto send = [&](Tensor& to, const PinnedInt& from) {
    check_cuda(
        cudaMemcpyAsync(to.bytes_data(), from.memory, count * sizeof(int), cudaMemcpyHostToDevice, context.stream),
        "test");
  };
  check_cuda(cudaEventSynchronize(before), "test");  // never recorded: nothing to wait for
  check_cuda(cudaEventRecord(before, context.stream), "test");
  send(first, a);
  check_cuda(cudaEventRecord(between, context.stream), "test");
  send(second, b);

  check_cuda(cudaEventSynchronize(before), "test");
  a.fill(10);  // too early
  check_cuda(cudaEventSynchronize(between), "test");
  a.fill(100);
  b.fill(20);  // too early
  cuda::synchronize(0);
  b.fill(200);
  CHECK(first.to_vector() == std::vector<double>(count, 10));
  CHECK(second.to_vector() == std::vector<double>(count, 20));
  for (const cudaEvent_t event : {before, between}) check_cuda(cudaEventDestroy(event), "test");
}

TEST_CASE("no pinned memory left is an error that says how much was asked for, and the next copy can go on") {
  const Device card{DeviceType::cuda, 0};
  const Tensor x = Tensor::full({1 << 20}, 3);
  cuda_emulation::limit_pinned_bytes(0);
  std::string message;
  try {
    x.to(card);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::out_of_memory);
    message = error.what();
  }
  cuda_emulation::limit_pinned_bytes(SIZE_MAX);
  CHECK_THAT(message, ContainsSubstring("4194304 bytes of pinned memory") && ContainsSubstring("--batch-size"));
  CHECK(x.to(card).slice(0, 2).to_vector() == std::vector<double>{3, 3});
}

}  // namespace
}  // namespace radial
