#include "core/kernels.h"
#include "core/ops/random_numbers.h"
#include "core/parallel.h"

namespace radial {

namespace {

uint64_t counted(const Tensor& step) { return step ? static_cast<uint32_t>(step.data<int32_t>()[0]) : 0; }

// f(first element, how many (1 or 2), bits of both) for each pair of n elements.
template <class F>
void each_pair(int64_t n, const Random& random, const F& f) {
  parallel_ranges((n + 1) / 2, elements_per_task / 4, [&](int64_t begin, int64_t end) {
    for (int64_t pair = begin; pair < end; ++pair) {
      const auto draw = static_cast<uint32_t>(2 * pair);
      f(2 * pair, std::min<int64_t>(2, n - 2 * pair), random.bits_at(draw), random.bits_at(draw + 1));
    }
  });
}

}  // namespace

void cpu::draw(Tensor& y, const Tensor& step, uint64_t seed, uint32_t call, Drawn what) {
  const Random random(seed, Stream::draw, call, counted(step));
  dispatch_float("rand", y.dtype(), [&]<class T>() {
    each_pair(y.numel(), random, [&, to = y.data<T>()](int64_t i, int64_t count, uint64_t a, uint64_t b) {
      const NormalPair values =
          what == Drawn::normal ? normal_pair(a, b) : NormalPair{uniform_of<T>(a), uniform_of<T>(b)};
      to[i] = static_cast<T>(values.first);
      if (count > 1) to[i + 1] = static_cast<T>(values.second);
    });
  });
}

void cpu::dropout(Tensor& y, const Tensor& x, const Tensor& step, uint64_t seed, uint32_t call, double p) {
  const Random random(seed, Stream::dropout, call, counted(step));
  dispatch_float("dropout", x.dtype(), [&]<class T>() {
    const T share = p < 1 ? static_cast<T>(1 / (1 - p)) : T(0);
    const uint64_t limit = p < 1 ? drop_limit(p) : 0;
    const T* from = x.data<T>();
    each_pair(y.numel(), random, [&, to = y.data<T>()](int64_t i, int64_t count, uint64_t a, uint64_t b) {
      to[i] = from[i] * (a < limit ? T(0) : share);
      if (count > 1) to[i + 1] = from[i + 1] * (b < limit ? T(0) : share);
    });
  });
}

void cpu::count_up(Tensor& step) {
  auto& value = step.data<int32_t>()[0];
  value = static_cast<int32_t>(static_cast<uint32_t>(value) + 1);
}

}  // namespace radial
