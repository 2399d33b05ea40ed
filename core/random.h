// Counter-based random numbers: number = f(seed, stream, epoch, index). No hidden state, so order and
// augmentation do not depend on threads, and a run resumes in mid-epoch exactly.
// The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace radial {

// Streams keep the uses of one seed apart.
enum class Stream : uint32_t {
  init = 1,
  shuffle = 2,
  augment = 3,
  synth = 4,
  noise = 5,
  test = 6,
  draw = 7,
  dropout = 8
};

// Four 32-bit numbers from a 128-bit counter and a 64-bit key.
constexpr std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// A sequence of numbers that belongs to one (seed, stream, epoch, index), for example one picture in one epoch.
// Two sequences with different arguments are independent; at most 2^32 draws of 64 bits each.
class Random {
 public:
  constexpr Random(uint64_t seed, Stream stream, uint32_t epoch = 0, uint64_t index = 0)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        // stream and epoch share a word: 8 bits of stream, 24 of epoch
        counter_{0, static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                 (static_cast<uint32_t>(stream) << 24) | (epoch & 0xFFFFFFu)} {}

  // 64 random bits; draw k of the sequence.
  constexpr uint64_t bits_at(uint32_t k) const {
    const auto block = philox(counter_of_block(k / 2), key_);
    const size_t half = (k % 2) * 2;
    return (uint64_t{block[half + 1]} << 32) | block[half];
  }

  uint64_t bits() { return bits_at(draws_++); }

  // What block k of the generator, which has draws 2k and 2k + 1, is made of.
  constexpr std::array<uint32_t, 2> key() const { return key_; }
  constexpr std::array<uint32_t, 4> counter_of_block(uint32_t k) const {
    return {k, counter_[1], counter_[2], counter_[3]};
  }

  // Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  // Uniform integer in [0, n), n > 0, without bias that matters (multiply-shift on 64 bits).
  int64_t below(int64_t n) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(bits()) * static_cast<uint64_t>(n)) >> 64);
  }

  // Standard normal (Box and Muller, one of the pair).
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  uint32_t draws_ = 0;
};

}  // namespace radial
