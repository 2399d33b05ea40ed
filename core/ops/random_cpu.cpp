// Runs of elements: first the bits of all of them, several blocks of the generator side by side in a vector, then what
// is made of the bits.
#include "core/kernels.h"
#include "core/ops/random_numbers.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/random_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_RANDOM_LOOPS
#define RADIAL_RANDOM_LOOPS
namespace radial {

constexpr int64_t random_run = 256;  // elements; two of each block

template <class T>
struct RandomLoops {
  // Each of `n` elements, at most random_run: the first of them is the first of `block`.
  void (*uniform)(T* y, int64_t n, const Random& random, uint32_t block);
  void (*normal)(T* y, int64_t n, const Random& random, uint32_t block);
  void (*dropout)(T* y, const T* x, const uint8_t* kept, int64_t n, T factor);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr uint32_t blocks_of_a_key = 1u << 31;  // draws have 32 bits

// What Random::bits_at() gives for the draws of a run of blocks: each lane has a word of a block, whose upper half
// nobody reads.
void bits_of_run(uint64_t* bits, const Random& random, uint32_t block) {
#if HWY_TARGET == HWY_SCALAR
  for (uint32_t i = 0; i < random_run; ++i) bits[i] = random.bits_at(2 * block + i);
#else
  const hn::ScalableTag<uint64_t> d;
  const hn::Repartition<uint32_t, decltype(d)> half;
  const auto low = hn::Set(d, 0xFFFFFFFF), wrap = hn::Set(d, blocks_of_a_key - 1);
  const auto m0 = hn::Set(half, 0xD2511F53), m1 = hn::Set(half, 0xCD9E8D57);
  const std::array<uint32_t, 4> start = random.counter_of_block(0);
  constexpr auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  for (int64_t i = 0; i < random_run / 2; i += lanes) {
    auto c0 = hn::And(hn::Iota(d, block + static_cast<uint64_t>(i)), wrap);
    auto c1 = hn::Set(d, uint64_t{start[1]}), c2 = hn::Set(d, uint64_t{start[2]}), c3 = hn::Set(d, uint64_t{start[3]});
    std::array<uint32_t, 2> key = random.key();
    for (int round = 0; round < 10; ++round) {
      const auto p0 = hn::MulEven(hn::BitCast(half, c0), m0), p1 = hn::MulEven(hn::BitCast(half, c2), m1);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(d, uint64_t{key[0]}));
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(d, uint64_t{key[1]}));
      c1 = p1;
      c3 = p0;
      key[0] += 0x9E3779B9;
      key[1] += 0xBB67AE85;
    }
    hn::StoreInterleaved2(hn::Or(hn::ShiftLeft<32>(c1), hn::And(c0, low)),
                          hn::Or(hn::ShiftLeft<32>(c3), hn::And(c2, low)), d, bits + 2 * i);
  }
#endif
}

template <class T>
struct RandomLoopsOf {
  static void uniform(T* y, int64_t n, const Random& random, uint32_t block) {
    uint64_t bits[random_run];
    bits_of_run(bits, random, block);
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(uniform_of<T>(bits[i]));
  }

  static void normal(T* y, int64_t n, const Random& random, uint32_t block) {
    uint64_t bits[random_run];
    double values[random_run];
    bits_of_run(bits, random, block);
    for (int64_t i = 0; i < random_run / 2; ++i) {
      const NormalPair pair = normal_pair(bits[2 * i], bits[2 * i + 1]);
      values[2 * i] = pair.first;
      values[2 * i + 1] = pair.second;
    }
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(values[i]);
  }

  static void dropout(T* y, const T* x, const uint8_t* kept, int64_t n, T factor) {
    for (int64_t i = 0; i < n; ++i) y[i] = x[i] * (kept[i] != 0 ? factor : T(0));
  }
};

void keep_run(uint8_t* kept, int64_t n, const Random& random, uint32_t block, uint64_t limit) {
  uint64_t bits[random_run];
  bits_of_run(bits, random, block);
  for (int64_t i = 0; i < n; ++i) kept[i] = bits[i] < limit ? 0 : 1;
}

template <class T>
constexpr RandomLoops<T> random_loops{RandomLoopsOf<T>::uniform, RandomLoopsOf<T>::normal, RandomLoopsOf<T>::dropout};

const RandomLoops<float>& random_f32() { return random_loops<float>; }
const RandomLoops<double>& random_f64() { return random_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <type_traits>

namespace radial {

namespace {

HWY_EXPORT(random_f32);
HWY_EXPORT(random_f64);
HWY_EXPORT(keep_run);

template <class T>
const RandomLoops<T>& random_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(random_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(random_f64)();
}

uint64_t counted(const Tensor& step) { return step ? static_cast<uint32_t>(step.data<int32_t>()[0]) : 0; }

// f(first element, how many, block of the first) for runs of n elements.
template <class F>
void each_run(int64_t n, const F& f) {
  parallel_ranges(divide_up(n, random_run), rows_per_task(4 * random_run), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * random_run; i < std::min(n, end * random_run); i += random_run)
      f(i, std::min(random_run, n - i), static_cast<uint32_t>(i / 2));
  });
}

}  // namespace

void cpu::draw(Tensor& y, const Tensor& step, uint64_t seed, uint32_t call, Drawn what) {
  const Random random(seed, Stream::draw, call, counted(step));
  dispatch_float("rand", y.dtype(), [&]<class T>() {
    const auto loop = what == Drawn::normal ? random_loops_of<T>().normal : random_loops_of<T>().uniform;
    each_run(y.numel(),
             [&, to = y.data<T>()](int64_t i, int64_t n, uint32_t block) { loop(to + i, n, random, block); });
  });
}

void cpu::keep_some(Tensor& kept, const Tensor& step, uint64_t seed, uint32_t call, double p) {
  if (p >= 1) return cpu::fill(kept, 0);
  const Random random(seed, Stream::dropout, call, counted(step));
  simd::prepare_dispatch();
  each_run(kept.numel(), [&, to = kept.data<uint8_t>()](int64_t i, int64_t n, uint32_t block) {
    HWY_DYNAMIC_DISPATCH(keep_run)(to + i, n, random, block, drop_limit(p));
  });
}

void cpu::dropout(Tensor& y, const Tensor& x, const Tensor& kept, double factor) {
  dispatch_float("dropout", x.dtype(), [&]<class T>() {
    const auto loop = random_loops_of<T>().dropout;
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), from = x.data<T>(), k = kept.data<uint8_t>()](int64_t begin, int64_t end) {
                      loop(to + begin, from + begin, k + begin, end - begin, static_cast<T>(factor));
                    });
  });
}

void cpu::count_up(Tensor& step) {
  auto& value = step.data<int32_t>()[0];
  value = static_cast<int32_t>(static_cast<uint32_t>(value) + 1);
}

}  // namespace radial
#endif
