#include "apps/bench/fma_peak.h"

#include <algorithm>
#include <atomic>

#include "apps/bench/bench.h"
#include "core/parallel.h"
#include "core/simd/fixed_vectors.h"
#include "core/simd/target.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apps/bench/fma_peak.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace radial::apps {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve chains: enough to fill two units with a latency of up to six cycles. Returns the operations done.
double fma_loop(int iterations, float start, float* result) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, 1.0f - 1e-6f), y = hn::Set(d, start * 1e-6f);
  const auto first = [&](float chain) { return hn::Set(d, start + chain); };  // equal chains would be computed once
  auto a0 = first(0), a1 = first(1), a2 = first(2), a3 = first(3), a4 = first(4), a5 = first(5);
  auto a6 = first(6), a7 = first(7), a8 = first(8), a9 = first(9), a10 = first(10), a11 = first(11);
  for (int i = 0; i < iterations; ++i) {
    a0 = hn::MulAdd(a0, x, y), a1 = hn::MulAdd(a1, x, y), a2 = hn::MulAdd(a2, x, y), a3 = hn::MulAdd(a3, x, y);
    a4 = hn::MulAdd(a4, x, y), a5 = hn::MulAdd(a5, x, y), a6 = hn::MulAdd(a6, x, y), a7 = hn::MulAdd(a7, x, y);
    a8 = hn::MulAdd(a8, x, y), a9 = hn::MulAdd(a9, x, y), a10 = hn::MulAdd(a10, x, y), a11 = hn::MulAdd(a11, x, y);
  }
  const auto sum =
      hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)),
              hn::Add(hn::Add(hn::Add(a4, a5), hn::Add(a6, a7)), hn::Add(hn::Add(a8, a9), hn::Add(a10, a11))));
  *result = hn::GetLane(hn::SumOfLanes(d, sum));
  return 24.0 * static_cast<double>(hn::Lanes(d)) * iterations;
}

}  // namespace HWY_NAMESPACE
}  // namespace radial::apps
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial::apps {
HWY_EXPORT(fma_loop);

double measure_fma_peak() {
  simd::prepare_dispatch();
  const auto loop = HWY_DYNAMIC_DISPATCH(fma_loop);
  std::atomic<float> sink = 0;  // so that no compiler drops the loop
  std::atomic<float> start = 1;
  double best = 0;
  for (int run = 0; run < 20; ++run) {
    const int64_t tasks = 4 * threads();
    double operations = 0;
    const Stopwatch watch;
    parallel_for(tasks, [&](int64_t task) {
      float result = 0;
      const double done = loop(200'000, start, &result);
      sink = result;
      if (task == 0) operations = done;
    });
    best = std::max(best, operations * static_cast<double>(tasks) / watch.seconds() * 1e-9);
  }
  return best;
}

}  // namespace radial::apps
#endif
