#include "apps/bench/micro_kernel.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/bench/bench.h"
#include "core/parallel.h"
#include "core/simd/floats.h"
#include "core/simd/tile.h"

namespace radial::apps {
namespace {

constexpr int64_t length = 512, strips = 8;  // strips of a that meet one panel of b, as in a product

// What one thread multiplies. Rows lie a cache line more apart than they are long, as the library's own packed ones.
class Operands {
 public:
  Operands() {
    std::fill_n(a_.data(), floats_of_a_, 1e-3F);
    std::fill_n(b_.data(), floats_of_b_, 1e-3F);
    for (int64_t i = 0; i < strips * t_.rows; ++i) {
      rows_.push_back(a_.data() + i * (length + 16));
      y_rows_.push_back(y_.data() + i % t_.rows * t_.columns);
    }
    for (int64_t k = 0; k < length; ++k) {
      a_columns_.push_back(a_.data() + k * t_.rows);
      b_rows_.push_back(b_.data() + k * t_.columns);
    }
  }

  void inner() {
    for (int64_t s = 0; s < strips; ++s)
      t_.inner({.a = rows_.data() + s * t_.rows,
                .a_step = 0,
                .a_offset = 0,
                .runs = 1,
                .length = length,
                .b = b_.data(),
                .y = y_rows_.data(),
                .y_offset = 0,
                .rows = t_.rows,
                .columns = t_.columns,
                .accumulate = false});
  }

  void outer() {
    for (int64_t s = 0; s < strips; ++s)
      t_.outer({.a = a_columns_.data(),
                .a_offset = s * length * t_.rows,
                .b = b_rows_.data(),
                .b_offset = 0,
                .count = length,
                .y = y_.data(),
                .y_step = t_.columns,
                .rows = t_.rows,
                .columns = t_.columns,
                .accumulate = false});
  }

 private:
  const simd::Tiles& t_ = simd::tiles();
  const int64_t floats_of_a_ = strips * t_.rows * (length + 16), floats_of_b_ = length * t_.columns;
  simd::Floats a_{floats_of_a_}, b_{floats_of_b_}, y_{t_.rows * t_.columns};
  std::vector<const float*> rows_, a_columns_, b_rows_;
  std::vector<float*> y_rows_;
};

MicroKernelSpeed measure(const char* name, void (Operands::*kernel)()) {
  constexpr int runs = 20, repetitions = 50;
  const simd::Tiles& t = simd::tiles();
  std::vector<Operands> operands(static_cast<size_t>(threads()));
  double best = 1e300;
  for (int run = 0; run < runs; ++run) {
    const Stopwatch watch;
    parallel_for(threads(), [&](int64_t thread) {
      for (int i = 0; i < repetitions; ++i) (operands[static_cast<size_t>(thread)].*kernel)();
    });
    best = std::min(best, watch.milliseconds() / (repetitions * strips));
  }
  const double operations = 2.0 * length * t.rows * t.columns;
  return {name, fmt::format("{}x{} tiles, sums of {}", t.rows, t.columns, length), best,
          operations * threads() / best * 1e-6};
}

}  // namespace

std::vector<MicroKernelSpeed> measure_micro_kernels() {
  return {measure("inner", &Operands::inner), measure("outer", &Operands::outer)};
}

}  // namespace radial::apps
