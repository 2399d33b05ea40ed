// Results and gradients of the input: for each frequency the patches of the tiles, as rows, times the filters.
#include "core/simd/winograd.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/parallel.h"
#include "core/simd/fetch_ahead.h"
#include "core/simd/floats.h"
#include "core/simd/panels.h"
#include "core/simd/past_caches.h"
#include "core/simd/winograd_tiles.h"

namespace radial::simd {
namespace {

using namespace winograd;

// A convolution of stride 1 as the products of its frequencies: y [n, oh, ow, o] from x [n, h, w, c].
struct Products {
  Tiling tiling;
  Pictures<const float> x;
  Pictures<float> y;
  int64_t c, o, padding;
  const Panels& filters;  // a group for each frequency
  bool accumulate;
};

// How the tiles are cut into blocks and the filters into ranges of panels, by shapes alone.
struct TileBlocks {
  int64_t tiles, count, ranges;

  explicit TileBlocks(const Products& p) : tiles(p.tiling.tiles()) {
    // All filters pass by for each block: it must be long where they do not stay in the cache, and short where the
    // spectrum of its patches can (half a megabyte).
    constexpr int64_t cached_floats = 128 * 1024, least = 28, most = 56, long_block = 64, wanted_tasks = 24;
    const int64_t length = std::clamp<int64_t>(cached_floats / (frequencies * p.c), least, most);
    count = divide_up(tiles, p.c >= 512 ? long_block : length);
    ranges = std::clamp<int64_t>(wanted_tasks / count, 1, divide_up(p.filters.count(), panels_at_once));
  }
  int64_t begin(int64_t block) const { return tiles * block / count; }
  int64_t size(int64_t block) const { return begin(block + 1) - begin(block); }

  static constexpr int64_t panels_at_once = 2;
};

// The spectrum of the patches of a block, for some channels.
void transform_patches(const Products& p, int64_t begin, int64_t count, int64_t first_channel, int64_t channels,
                       const float* zeros, float* spectrum) {
  const Spectrum v(count, p.c);
  Pictures<const float> x = p.x;
  x.data += first_channel;
  TilePixels<const float> patches(x, p.tiling, 2, p.padding, zeros);
  patches.locate(begin, count);
  for (int64_t t = 0; t < count; ++t)
    winograd_transforms().patch(p.tiling.at(begin + t).size)(patches.of(t), spectrum + first_channel + t * v.row,
                                                             v.frequency, channels);
}

// The products of a block with some filters, and their results.
class ProductBlock {
 public:
  ProductBlock(const Products& p, int64_t begin, int64_t count, const float* spectrum, float* nowhere)
      : p_(p),
        begin_(begin),
        count_(count),
        results_(p.y, p.tiling, 0, 0, nowhere),
        v_(count, p.c),
        m_(count, TileBlocks::panels_at_once * tiles_.columns),
        product_(m_.floats()) {
    results_.locate(begin, count);
    v_rows_.fill(p.tiling, begin, count, spectrum, v_.row);
    m_rows_.fill(p.tiling, begin, count, product_.data(), m_.row);
  }

  void run(int64_t first_panel, int64_t last_panel) {
    for (int64_t panel = first_panel; panel < last_panel; panel += TileBlocks::panels_at_once) {
      const int64_t last = std::min(last_panel, panel + TileBlocks::panels_at_once);
      for (int64_t f = 0; f < frequencies; ++f) multiply(f, panel, last);
      finish(panel, last);
    }
  }

 private:
  void multiply(int64_t f, int64_t first_panel, int64_t last_panel) {
    const auto& v_rows = v_rows_.at(f);
    const auto& m_rows = m_rows_.at(f);
    const auto count = static_cast<int64_t>(v_rows.size()), strips = divide_up(count, tiles_.rows);
    for (int64_t panel = first_panel; panel < last_panel; ++panel) {
      FetchAhead next = filters_after(f, panel, first_panel, last_panel);
      for (int64_t s = 0; s < strips; ++s) {
        const int64_t first = count * s / strips, rows = count * (s + 1) / strips - first;
        tiles_.inner({.a = v_rows.data() + first,
                      .a_step = 0,
                      .a_offset = f * v_.frequency,
                      .runs = 1,
                      .length = p_.c,
                      .b = p_.filters.panel(f, panel),
                      .y = m_rows.data() + first,
                      .y_offset = f * m_.frequency + (panel - first_panel) * tiles_.columns,
                      .rows = static_cast<int>(rows),
                      .columns = p_.filters.columns_of(panel),
                      .accumulate = false,
                      .ahead = next.take(p_.c)});
      }
    }
  }

  // What follows in the order of the products, where the filters do not stay in the cache.
  FetchAhead filters_after(int64_t f, int64_t panel, int64_t first_panel, int64_t last_panel) const {
    constexpr int64_t cached_floats = 64 * 1024;
    if (frequencies * p_.c * p_.o <= cached_floats) return {};
    if (++panel == last_panel) {
      panel = ++f == frequencies ? last_panel : first_panel;
      f %= frequencies;
    }
    if (panel == p_.filters.count()) return {};
    return {p_.filters.panel(f, panel), p_.c * p_.filters.width_of(panel)};
  }

  void finish(int64_t first_panel, int64_t last_panel) {
    const int64_t first = first_panel * tiles_.columns, last = std::min(p_.o, last_panel * tiles_.columns);
    for (int64_t t = 0; t < count_; ++t) {
      const WinogradTile tile = p_.tiling.at(begin_ + t).size;
      std::array<float*, 16> y;
      std::transform(results_.of(t), results_.of(t) + tile.rows * tile.columns, y.begin(),
                     [&](float* pixel) { return pixel + first; });
      winograd_transforms().result(tile)(product_.data() + t * m_.row, m_.frequency, y.data(), last - first,
                                         p_.accumulate);
    }
  }

  const Products& p_;
  const Tiles& tiles_ = tiles();
  int64_t begin_, count_;
  TilePixels<float> results_;
  Spectrum v_, m_;
  Floats product_;
  SpectrumRows<const float> v_rows_;
  SpectrumRows<float> m_rows_;
};

// Where the filters are cut into ranges, all of a block's tasks read one spectrum of its patches, made beforehand.
void multiply(const Products& p) {
  const TileBlocks blocks(p);
  const std::vector<float> zeros(static_cast<size_t>(p.c));
  const Spectrum longest(divide_up(blocks.tiles, blocks.count), p.c);
  const bool shared = blocks.ranges > 1;
  Floats spectra(shared ? blocks.count * longest.floats() : 0);
  if (shared) {
    constexpr int64_t channels = 64;
    const int64_t pieces = divide_up(p.c, channels);
    parallel_for(blocks.count * pieces, [&](int64_t task) {
      const int64_t block = task / pieces, c = task % pieces * channels;
      transform_patches(p, blocks.begin(block), blocks.size(block), c, std::min(channels, p.c - c), zeros.data(),
                        spectra.data() + block * longest.floats());
    });
  }
  parallel_for(blocks.count * blocks.ranges, [&](int64_t task) {
    const int64_t range = task % blocks.ranges, block = task / blocks.ranges;
    const int64_t begin = blocks.begin(block), count = blocks.size(block);
    Floats own(shared ? 0 : longest.floats());
    float* const spectrum = shared ? spectra.data() + block * longest.floats() : own.data();
    if (!shared) transform_patches(p, begin, count, 0, p.c, zeros.data(), spectrum);
    std::vector<float> nowhere(static_cast<size_t>(p.o));  // what lies outside of the picture is written here
    const int64_t panels = divide_up(p.filters.count(), TileBlocks::panels_at_once);
    ProductBlock(p, begin, count, spectrum, nowhere.data())
        .run(panels * range / blocks.ranges * TileBlocks::panels_at_once,
             std::min(p.filters.count(), panels * (range + 1) / blocks.ranges * TileBlocks::panels_at_once));
  });
}

WinogradTransforms::Into filter_transform(const Panels& panels) {
  const int64_t floats = frequencies * panels.k() * panels.columns();
  const bool far = static_cast<size_t>(floats) * sizeof(float) >= bytes_past_caches;
  return far ? winograd_transforms().far_filter : winograd_transforms().filter;
}

// The spectra of the filters as panels of the columns o: row c of frequency f.
void transform_filters(Panels& panels, const float* w, const Conv2dGeometry& g) {
  constexpr int64_t channels = 16;
  const int64_t width = tiles().columns;
  const auto transform = filter_transform(panels);
  parallel_for(panels.count() * (g.c / channels), [&](int64_t task) {
    const int64_t panel = task % panels.count(), c = task / panels.count() * channels;
    const int64_t columns = panels.columns_of(panel);
    std::vector<float> taps(static_cast<size_t>(9 * channels * columns));  // [tap][c][o]
    for (int64_t t = 0; t < 9; ++t)
      tiles().transpose(w + (panel * width * 9 + t) * g.c + c, 9 * g.c, static_cast<int>(columns), channels,
                        taps.data() + t * channels * columns, columns);
    for (int64_t i = 0; i < channels; ++i) {
      const float* tap[9];
      for (int64_t t = 0; t < 9; ++t) tap[t] = taps.data() + (t * channels + i) * columns;
      transform(tap, panels.panel(0, panel) + (c + i) * panels.width_of(panel),
                panels.panel(1, panel) - panels.panel(0, panel), columns);
    }
  });
}

// The same of the filters turned by half a turn, as panels of the columns c: row o of frequency f.
void transform_turned_filters(Panels& panels, const float* w, const Conv2dGeometry& g) {
  const int64_t width = tiles().columns;
  const auto transform = filter_transform(panels);
  parallel_ranges(g.o, 8, [&](int64_t begin, int64_t end) {
    for (int64_t panel = 0; panel < panels.count(); ++panel) {
      for (int64_t o = begin; o < end; ++o) {
        const float* taps[9];
        for (int64_t t = 0; t < 9; ++t) taps[t] = w + (o * 9 + 8 - t) * g.c + panel * width;
        transform(taps, panels.panel(0, panel) + o * panels.width_of(panel),
                  panels.panel(1, panel) - panels.panel(0, panel), panels.columns_of(panel));
      }
    }
  });
}

}  // namespace

bool winograd_serves(const Conv2dGeometry& g) {
  return g.kh == 3 && g.kw == 3 && g.stride == 1 && g.dilation == 1 && g.groups == 1 && g.padding.h == g.padding.w &&
         g.padding.h <= 2 && g.c % 16 == 0 && g.o % 16 == 0;
}

bool winograd_pays(const Conv2dGeometry& g) {
  if (!winograd_serves(g) || g.c < 32 || g.o < 32) return false;
  const Tiling tiling(g.n, g.oh, g.ow);
  return tiling.tiles() >= 16 && 9 * g.rows() >= 2 * tiling.products();
}

void winograd_forward(float* y, const float* x, const float* w, const Conv2dGeometry& g) {
  Panels filters(frequencies, g.c, g.o);
  transform_filters(filters, w, g);
  multiply({.tiling = {g.n, g.oh, g.ow},
            .x = {x, g.h, g.w, g.c},
            .y = {y, g.oh, g.ow, g.o},
            .c = g.c,
            .o = g.o,
            .padding = g.padding.h,
            .filters = filters,
            .accumulate = false});
}

void winograd_backward_input(float* dx, const float* dy, const float* w, const Conv2dGeometry& g, bool accumulate) {
  Panels filters(frequencies, g.o, g.c);
  transform_turned_filters(filters, w, g);
  multiply({.tiling = {g.n, g.h, g.w},
            .x = {dy, g.oh, g.ow, g.o},
            .y = {dx, g.h, g.w, g.c},
            .c = g.o,
            .o = g.c,
            .padding = 2 - g.padding.h,
            .filters = filters,
            .accumulate = accumulate});
}

}  // namespace radial::simd
