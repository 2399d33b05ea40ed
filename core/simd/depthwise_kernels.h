// The vector loops of depthwise convolutions; vectors run along the channels.
#pragma once

#include <cstdint>
#include <vector>

namespace radial::simd {

// Which taps of a filter meet which source coordinates, along one axis, for each coordinate of the target.
struct AxisTaps {
  struct Entry {
    int64_t tap, source;
  };
  std::vector<Entry> entries;
  std::vector<int64_t> first;  // those of coordinate i are entries[first[i]], ..., entries[first[i + 1] - 1]
};

// One line of pixels of the source and the filters' row that meets it, [kw, channels].
struct SourceLine {
  const float* pixels;
  const float* weights;
};

// y[j][c] (+)= sum over the lines and columns' taps of pixels[source][c] weights[tap][c], for a line y of pixels.
struct DepthwiseLine {
  float* y;
  int64_t channels;
  const std::vector<SourceLine>& lines;
  const AxisTaps& columns;
  bool accumulate;
};

// dw[c] += sum over q < count of dy[q][c] x[q * step][c], pixels `channels` apart.
struct DepthwiseTap {
  float* dw;
  const float* dy;
  const float* x;
  int64_t count, step, channels;
};

struct DepthwiseKernels {
  void (*line)(const DepthwiseLine& line);
  void (*tap)(const DepthwiseTap& tap);
};
const DepthwiseKernels& depthwise_kernels();

}  // namespace radial::simd
