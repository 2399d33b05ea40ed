#include "apps/bench/memory_bandwidth.h"

#include <algorithm>
#include <cstdint>

#include "apps/bench/bench.h"
#include "core/parallel.h"
#include "core/tensor.h"

namespace radial::apps {

double measure_memory_bandwidth() {
  constexpr int64_t floats = int64_t{16} << 20, floats_of_task = int64_t{1} << 20;
  const Tensor x = Tensor::full({floats}, 1);
  Tensor y = Tensor::zeros({floats});
  const float* from = x.data<float>();
  float* to = y.data<float>();
  double best = 0;
  for (int run = 0; run < 8; ++run) {
    const Stopwatch watch;
    parallel_ranges(floats, floats_of_task, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] += 0.5F * from[i];
    });
    best = std::max(best, 3.0 * sizeof(float) * floats / watch.seconds() * 1e-9);
  }
  return best;
}

}  // namespace radial::apps
