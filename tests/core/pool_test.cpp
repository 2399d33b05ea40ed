// What a pool keeps, and what it gives back, with a source that counts.
#include "core/pool.h"

#include <list>

#include "core/error.h"
#include "tests/catch.h"

namespace radial {
namespace {

struct Source {
  size_t calls = 0, bytes = 0, limit = SIZE_MAX;
  std::list<char> places;  // each block has one of its own, also when it was given back
  std::map<void*, size_t> blocks;

  MemorySource source() {
    return {[this](size_t size) -> void* {
              if (bytes + size > limit) return nullptr;
              void* block = &places.emplace_back();
              blocks[block] = size;
              bytes += size;
              ++calls;
              return block;
            },
            [this](void* block) {
              bytes -= blocks.at(block);
              blocks.erase(block);
            },
            [] { return std::string(); }, SIZE_MAX};
  }
};

constexpr size_t mega = size_t{1} << 20;

// A step of a network: activations of many sizes, then their gradients, two at a time.
void step(Pool& pool, size_t scale) {
  std::vector<std::pair<void*, size_t>> activations;
  for (size_t i = 1; i <= 20; ++i) {
    const size_t size = (i * i * mega) / scale;
    activations.emplace_back(pool.take(size), size);
    pool.give(pool.take(size / 3), size / 3);  // scratch
  }
  while (!activations.empty()) {
    const auto [block, size] = activations.back();
    activations.pop_back();
    void* gradient = pool.take(size);
    pool.give(block, size);
    pool.give(gradient, size);
  }
}

TEST_CASE("a step that repeats its sizes asks the system once") {
  Source source;
  Pool pool(source.source(), true);
  step(pool, 4);
  const size_t calls = source.calls;
  for (int i = 0; i < 5; ++i) step(pool, 4);
  CHECK(source.calls == calls);
}

#ifndef RADIAL_SANITIZED
TEST_CASE("a step that repeats its sizes asks the system once, bounded") {
  Source source;
  Pool pool(source.source());
  step(pool, 4);
  const size_t calls = source.calls;
  for (int i = 0; i < 5; ++i) step(pool, 4);
  CHECK(source.calls == calls);
}

TEST_CASE("sizes that vary do not pile up") {
  Source source;
  Pool pool(source.source());
  size_t most = 0;
  for (size_t i = 0; i < 3000; ++i) {
    const size_t size = (200 + i * 37 % 800) * mega;
    void* block = pool.take(size);
    most = std::max(most, source.bytes);
    pool.give(block, size);
  }
  CHECK(most <= 3 * 1024 * mega + 64 * mega);  // 1024 in use at most
  CHECK(pool.statistics().held == source.bytes);
  CHECK(pool.statistics().used == 0);
}

TEST_CASE("what was unused for longest goes first") {
  Source source;
  Pool pool(source.source());
  void* old = pool.take(256 * mega);
  void* young = pool.take(128 * mega);
  void* other = pool.take(128 * mega);
  pool.give(old, 256 * mega);
  pool.give(young, 128 * mega);
  pool.give(other, 128 * mega);
  pool.give(pool.take(512 * mega), 512 * mega);  // at most so much at once: 1600 may be held
  pool.give(pool.take(448 * mega), 448 * mega);
  CHECK(source.blocks.count(old) == 1);
  pool.give(pool.take(320 * mega), 320 * mega);
  CHECK(source.blocks.count(old) == 0);
  CHECK(source.blocks.count(young) == 1);
}
#endif

TEST_CASE("before memory is refused, all that is kept is given back") {
  Source source;
  source.limit = 1000 * mega;
  Pool pool(source.source());
  pool.give(pool.take(300 * mega), 300 * mega);
  pool.give(pool.take(320 * mega), 320 * mega);
  void* block = pool.take(896 * mega);
  CHECK(source.bytes == 896 * mega);
  try {
    pool.take(200 * mega);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::out_of_memory);
  }
  pool.give(block, 896 * mega);
}

TEST_CASE("more than the limit is never held") {
  Source source;
  MemorySource limited = source.source();
  limited.limit = 1000 * mega;
  Pool pool(limited);
  pool.give(pool.take(600 * mega), 600 * mega);
  void* block = pool.take(896 * mega);
  CHECK_THROWS_AS(pool.take(200 * mega), Error);
  CHECK(source.bytes == 896 * mega);
  pool.give(block, 896 * mega);
}

TEST_CASE("a pool that always keeps gives nothing back before it ends") {
  Source source;
  source.limit = 1000 * mega;
  {
    Pool pool(source.source(), true);
    void* block = pool.take(600 * mega);
    pool.give(block, 600 * mega);
    pool.release();
    CHECK_THROWS_AS(pool.take(700 * mega), Error);
    CHECK(source.blocks.count(block) == 1);
  }
  CHECK(source.bytes == 0);
}

TEST_CASE("sizes beyond all memory are refused at once") {
  Source source;
  Pool pool(source.source());
  for (const size_t bytes : {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2 + 1, size_t{1} << 63})
    CHECK_THROWS_AS(pool.take(bytes), Error);
  CHECK(source.calls == 0);
  CHECK(pool.statistics().used == 0);
}

}  // namespace
}  // namespace radial
