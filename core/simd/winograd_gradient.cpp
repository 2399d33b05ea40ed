// Gradients of the filters: for each frequency the sum over all tiles of outer products.
#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "core/simd/floats.h"
#include "core/simd/tile.h"
#include "core/simd/winograd.h"
#include "core/simd/winograd_tiles.h"

namespace radial::simd {
namespace {

using namespace winograd;

// A task has a block of filters, a block of channels and a range of the tiles.
struct GradientCut {
  static constexpr int64_t filters = 128, channels = 64, chunk = 64;
  int64_t filter_blocks, channel_blocks, ranges;

  GradientCut(const Conv2dGeometry& g, int64_t tiles)
      : filter_blocks(divide_up(g.o, filters)), channel_blocks(divide_up(g.c, channels)) {
    constexpr int64_t wanted_tasks = 24;
    ranges = std::clamp<int64_t>(wanted_tasks / (filter_blocks * channel_blocks), 1, divide_up(tiles, 2 * chunk));
  }
};

class GradientBlock {
 public:
  using Cut = GradientCut;
  GradientBlock(const float* dy, const float* x, const Conv2dGeometry& g, const Tiling& tiling, int64_t first_filter,
                int64_t first_channel, const float* zeros)
      : tiling_(tiling),
        filters_(std::min(g.o - first_filter, Cut::filters)),
        channels_(std::min(g.c - first_channel, Cut::channels)),
        gradients_({dy + first_filter, g.oh, g.ow, g.o}, tiling, 0, 0, zeros),
        patches_({x + first_channel, g.h, g.w, g.c}, tiling, 2, g.padding.h, zeros),
        z_(Cut::chunk, filters_),
        v_(Cut::chunk, channels_),
        z_spectrum_(z_.floats()),
        v_spectrum_(v_.floats()),
        sum_step_(filters_ * channels_ + 16),
        sum_(frequencies * sum_step_) {}

  // dw[o * 9 * dw_channels + tap * dw_channels + c] (+)= the sum over the tiles.
  void run(int64_t begin, int64_t end, float* dw, int64_t dw_channels, bool accumulate) {
    for (int64_t first = begin; first < end; first += Cut::chunk)
      add(first, std::min(end - first, Cut::chunk), first > begin);
    for (int64_t o = 0; o < filters_; ++o) {
      float* taps[9];
      for (int64_t t = 0; t < 9; ++t) taps[t] = dw + (o * 9 + t) * dw_channels;
      transforms_.filter_gradient(sum_.data() + o * channels_, sum_step_, taps, channels_, accumulate);
    }
  }

 private:
  void add(int64_t first, int64_t count, bool accumulate) {
    gradients_.locate(first, count);
    patches_.locate(first, count);
    z_rows_.fill(tiling_, first, count, z_spectrum_.data(), z_.row);
    v_rows_.fill(tiling_, first, count, v_spectrum_.data(), v_.row);
    for (int64_t t = 0; t < count; ++t) {
      const WinogradTile tile = tiling_.at(first + t).size;
      transforms_.gradient(tile)(gradients_.of(t), z_spectrum_.data() + t * z_.row, z_.frequency, filters_);
      transforms_.patch(tile)(patches_.of(t), v_spectrum_.data() + t * v_.row, v_.frequency, channels_);
    }
    const int64_t strips = divide_up(filters_, tiles_.rows);
    for (int64_t f = 0; f < frequencies; ++f) {
      for (int64_t c = 0; c < channels_; c += tiles_.columns) {
        for (int64_t s = 0; s < strips; ++s) {
          const int64_t row = filters_ * s / strips, rows = filters_ * (s + 1) / strips - row;
          tiles_.outer({.a = z_rows_.at(f).data(),
                        .a_offset = f * z_.frequency + row,
                        .b = v_rows_.at(f).data(),
                        .b_offset = f * v_.frequency + c,
                        .count = static_cast<int64_t>(z_rows_.at(f).size()),
                        .y = sum_.data() + f * sum_step_ + row * channels_ + c,
                        .y_step = channels_,
                        .rows = static_cast<int>(rows),
                        .columns = static_cast<int>(std::min<int64_t>(channels_ - c, tiles_.columns)),
                        .accumulate = accumulate});
        }
      }
    }
  }

  const Tiles& tiles_ = tiles();
  const WinogradTransforms& transforms_ = winograd_transforms();
  const Tiling& tiling_;
  int64_t filters_, channels_;
  TilePixels<const float> gradients_, patches_;
  Spectrum z_, v_;
  Floats z_spectrum_, v_spectrum_;
  int64_t sum_step_;  // between frequencies: padded as those of a spectrum
  Floats sum_;        // [frequency][filter][channel]
  SpectrumRows<const float> z_rows_, v_rows_;
};

}  // namespace

void winograd_backward_weight(float* dw, const float* dy, const float* x, const Conv2dGeometry& g, bool accumulate) {
  const Tiling tiling(g.n, g.oh, g.ow);
  const int64_t tiles = tiling.tiles(), floats = g.o * 9 * g.c;
  const GradientCut cut(g, tiles);
  const std::vector<float> zeros(static_cast<size_t>(std::max(g.o, g.c)));
  Floats partial_sums((cut.ranges - 1) * floats);  // the first range writes to dw
  parallel_for(cut.filter_blocks * cut.channel_blocks * cut.ranges, [&](int64_t task) {
    const int64_t range = task % cut.ranges, block = task / cut.ranges;
    const int64_t channel = block % cut.channel_blocks * GradientCut::channels;
    const int64_t filter = block / cut.channel_blocks * GradientCut::filters;
    float* out = range == 0 ? dw : partial_sums.data() + (range - 1) * floats;
    GradientBlock gradient(dy, x, g, tiling, filter, channel, zeros.data());
    gradient.run(tiles * range / cut.ranges, tiles * (range + 1) / cut.ranges, out + filter * 9 * g.c + channel, g.c,
                 accumulate && range == 0);
  });
  if (cut.ranges == 1) return;
  const float* partial = partial_sums.data();
  parallel_ranges(floats, 16 * 1024, [&](int64_t begin, int64_t end) {
    for (int64_t r = 0; r + 1 < cut.ranges; ++r)
      for (int64_t i = begin; i < end; ++i) dw[i] += partial[r * floats + i];
  });
}

}  // namespace radial::simd
