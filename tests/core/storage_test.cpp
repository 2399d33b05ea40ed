// The pool of host memory: alignment, statistics, reuse, out of memory.
#include "core/storage.h"

#include <cstdint>
#include <thread>

#include "core/tensor.h"
#include "tests/catch.h"

namespace radial {
namespace {

TEST_CASE("storage is aligned to 64 bytes, also of no bytes") {
  for (const size_t bytes : {0, 1, 63, 64, 65, 1000, 4 << 20}) {
    const Storage storage(bytes, {});
    CHECK(reinterpret_cast<uintptr_t>(storage.data()) % 64 == 0);
    CHECK(storage.bytes() == bytes);
  }
}

TEST_CASE("the pool counts what tensors hold, its peak, and keeps blocks for the next ones") {
  release_pool();
  const PoolStatistics before = pool_statistics();
  constexpr size_t size = size_t{3} << 20;
  {
    const Storage a(size, {});
    CHECK(pool_statistics().used >= before.used + size);
    CHECK(pool_statistics().used < before.used + size + size / 8 + 64);  // size classes waste at most an eighth
    const Storage b(size, {});
  }
  CHECK(pool_statistics().used == before.used);
  CHECK(pool_statistics().peak >= before.used + 2 * size);
  reset_pool_peak();
  CHECK(pool_statistics().peak == before.used);
#ifndef RADIAL_SANITIZED
  CHECK(pool_statistics().held >= before.held + 2 * size);
  const size_t held = pool_statistics().held;
  {
    const Storage again(size, {});
    CHECK(pool_statistics().held == held);  // a kept block
  }
#endif
  release_pool();
  CHECK(pool_statistics().held == before.held);
}

TEST_CASE("memory that the system refuses is an out_of_memory error with the size") {
  try {
    Tensor::empty({int64_t{1} << 46}, DType::f64);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::out_of_memory);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("562949953421312 bytes"));
  }
  CHECK(Tensor::zeros({4}).to_vector() == std::vector<double>(4, 0.0));  // life goes on
}

TEST_CASE("the pool can be used from many threads") {
  const size_t before = pool_statistics().used;
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([w] {
      for (int i = 0; i < 500; ++i) {
        Storage storage(static_cast<size_t>(1000 + i * 37 % 5000), {});
        auto* bytes = static_cast<unsigned char*>(storage.data());
        bytes[0] = static_cast<unsigned char>(w);
        bytes[storage.bytes() - 1] = static_cast<unsigned char>(w);
        if (bytes[0] != w) std::abort();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(pool_statistics().used == before);
}

}  // namespace
}  // namespace radial
