// The speed of the two kernels under every product and convolution, their data in caches: the best that any op can do.
#pragma once

#include <string>
#include <vector>

namespace radial::apps {

struct MicroKernelSpeed {
  std::string kernel;  // inner, outer (core/simd/tile.h)
  std::string shape;   // 14x32 tiles, sums of 512
  double ms;           // of a tile
  double gflops;       // of all threads() at once
};

// Whole tiles, the best of several runs.
std::vector<MicroKernelSpeed> measure_micro_kernels();

}  // namespace radial::apps
