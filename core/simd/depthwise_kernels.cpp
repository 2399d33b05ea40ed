#include "core/simd/depthwise_kernels.h"

#define HWY_TARGET_INCLUDE "core/simd/depthwise_kernels.cpp"
#include "core/simd/every_target.h"

HWY_BEFORE_NAMESPACE();
namespace radial::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Vectors = hn::CappedTag<float, 16>;
using Single = hn::CappedTag<float, 1>;

// Channels [c, c + vectors * lanes) of one pixel.
template <class D, int vectors>
HWY_INLINE void line_pixel(const DepthwiseLine& line, int64_t j, int64_t c) {
  const D d;
  constexpr int64_t lanes = static_cast<int64_t>(hn::MaxLanes(D()));
  hn::Vec<D> sum[vectors];
  for (int v = 0; v < vectors; ++v) sum[v] = hn::Zero(d);
  const int64_t begin = line.columns.first[static_cast<size_t>(j)],
                end = line.columns.first[static_cast<size_t>(j) + 1];
  for (const SourceLine& source : line.lines) {
    for (int64_t e = begin; e < end; ++e) {
      const AxisTaps::Entry entry = line.columns.entries[static_cast<size_t>(e)];
      const float* x = source.pixels + entry.source * line.channels + c;
      const float* w = source.weights + entry.tap * line.channels + c;
      for (int v = 0; v < vectors; ++v)
        sum[v] = hn::MulAdd(hn::LoadU(d, x + v * lanes), hn::LoadU(d, w + v * lanes), sum[v]);
    }
  }
  float* y = line.y + j * line.channels + c;
  for (int v = 0; v < vectors; ++v) {
    if (line.accumulate) sum[v] = hn::Add(sum[v], hn::LoadU(d, y + v * lanes));
    hn::StoreU(sum[v], d, y + v * lanes);
  }
}

// Channels [c, c + vectors * lanes) of one tap.
template <class D, int vectors>
HWY_INLINE void tap_channels(const DepthwiseTap& tap, int64_t c) {
  const D d;
  constexpr int64_t lanes = static_cast<int64_t>(hn::MaxLanes(D()));
  hn::Vec<D> sum[vectors];
  for (int v = 0; v < vectors; ++v) sum[v] = hn::Zero(d);
  const float* dy = tap.dy + c;
  const float* x = tap.x + c;
  for (int64_t q = 0; q < tap.count; ++q, dy += tap.channels, x += tap.step * tap.channels) {
    for (int v = 0; v < vectors; ++v)
      sum[v] = hn::MulAdd(hn::LoadU(d, dy + v * lanes), hn::LoadU(d, x + v * lanes), sum[v]);
  }
  float* dw = tap.dw + c;
  for (int v = 0; v < vectors; ++v) hn::StoreU(hn::Add(sum[v], hn::LoadU(d, dw + v * lanes)), d, dw + v * lanes);
}

constexpr int64_t lanes_of_vector = static_cast<int64_t>(hn::MaxLanes(Vectors()));

void line(const DepthwiseLine& line) {
  const int64_t width = static_cast<int64_t>(line.columns.first.size()) - 1;
  for (int64_t j = 0; j < width; ++j) {
    int64_t c = 0;
    for (; c + 4 * lanes_of_vector <= line.channels; c += 4 * lanes_of_vector) line_pixel<Vectors, 4>(line, j, c);
    for (; c + lanes_of_vector <= line.channels; c += lanes_of_vector) line_pixel<Vectors, 1>(line, j, c);
    for (; c < line.channels; ++c) line_pixel<Single, 1>(line, j, c);
  }
}

void tap(const DepthwiseTap& tap) {
  int64_t c = 0;
  for (; c + 4 * lanes_of_vector <= tap.channels; c += 4 * lanes_of_vector) tap_channels<Vectors, 4>(tap, c);
  for (; c + lanes_of_vector <= tap.channels; c += lanes_of_vector) tap_channels<Vectors, 1>(tap, c);
  for (; c < tap.channels; ++c) tap_channels<Single, 1>(tap, c);
}

const DepthwiseKernels& depthwise_kernels_of_target() {
  static constexpr DepthwiseKernels kernels{line, tap};
  return kernels;
}

}  // namespace radial::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial::simd {

HWY_EXPORT(depthwise_kernels_of_target);

const DepthwiseKernels& depthwise_kernels() {
  prepare_dispatch();
  return HWY_DYNAMIC_DISPATCH(depthwise_kernels_of_target)();
}

}  // namespace radial::simd
#endif
