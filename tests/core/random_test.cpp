// Philox against the known answers of its authors; streams, moments, bounds.
#include "core/random.h"

#include <cmath>
#include <set>

#include "tests/catch.h"

namespace radial {
namespace {

// kat_vectors of Random123: philox4x32, 10 rounds.
TEST_CASE("philox gives the known answers of Random123") {
  using Counter = std::array<uint32_t, 4>;
  constexpr uint32_t ones = 0xffffffff;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) == Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a sequence is a function of seed, stream, epoch and index") {
  const auto first = [](uint64_t seed, Stream stream, uint32_t epoch, uint64_t index) {
    return Random(seed, stream, epoch, index).bits();
  };
  CHECK(first(1, Stream::init, 2, 3) == first(1, Stream::init, 2, 3));
  std::set<uint64_t> seen;
  for (const uint64_t seed : {uint64_t{1}, uint64_t{2}, uint64_t{1} << 32})
    for (const Stream stream : {Stream::init, Stream::shuffle, Stream::augment})
      for (const uint32_t epoch : {0u, 1u, 90u})
        for (const uint64_t index : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32})
          CHECK(seen.insert(first(seed, stream, epoch, index)).second);
}

TEST_CASE("draw k of a sequence can be had without the draws before it") {
  Random random(7, Stream::test, 1, 2);
  const Random other(7, Stream::test, 1, 2);
  for (uint32_t k = 0; k < 10; ++k) CHECK(random.bits() == other.bits_at(k));
}

TEST_CASE("uniform and normal numbers have their moments") {
  Random random(5, Stream::test);
  constexpr int n = 200000;
  double u1 = 0, u2 = 0, z1 = 0, z2 = 0, z4 = 0;
  bool inside = true;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform(), z = random.normal();
    inside = inside && u >= 0 && u < 1;
    u1 += u, u2 += u * u;
    z1 += z, z2 += z * z, z4 += z * z * z * z;
  }
  CHECK(inside);
  // four standard errors
  CHECK(std::abs(u1 / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
  CHECK(std::abs(u2 / n - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / n));
  CHECK(std::abs(z1 / n) < 4 / std::sqrt(n));
  CHECK(std::abs(z2 / n - 1) < 4 * std::sqrt(2.0 / n));
  CHECK(std::abs(z4 / n - 3) < 4 * std::sqrt(96.0 / n));
}

TEST_CASE("below(n) is in 0 to n - 1 and even") {
  Random random(5, Stream::test, 3);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) {
    const int64_t k = random.below(7);
    REQUIRE((k >= 0 && k < 7));
    ++counts[static_cast<size_t>(k)];
  }
  for (const int count : counts) CHECK(std::abs(count - 10000) < 400);
  CHECK(random.below(1) == 0);
  CHECK(random.below(int64_t{1} << 62) >= 0);
}

}  // namespace
}  // namespace radial
