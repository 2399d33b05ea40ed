#include "core/simd/winograd.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/parallel.h"
#include "core/simd/floats.h"
#include "core/simd/panels.h"
#include "core/simd/winograd_transforms.h"

namespace radial::simd {
namespace {

constexpr int points = winograd_points, frequencies = winograd_frequencies;

// One direction of the results in tiles of 4, the last of them 3 long as far as that covers all: 14 = 4 + 4 + 3 + 3.
struct Line {
  int64_t tiles, fours;

  explicit Line(int64_t size) : tiles(divide_up(size, 4)), fours(tiles - std::min(tiles, 4 * tiles - size)) {}
  int64_t begin(int64_t tile) const { return 4 * tile - std::max<int64_t>(0, tile - fours); }
  int results(int64_t tile) const { return tile < fours ? 4 : 3; }
  int64_t products() const { return points * fours + (points - 1) * (tiles - fours); }
};

struct TileAt {
  WinogradTile size;
  int64_t n, i, j;  // its first result
};

// All tiles of n pictures of results.
struct Tiling {
  int64_t n;
  Line rows, columns;

  Tiling(int64_t pictures, int64_t h, int64_t w) : n(pictures), rows(h), columns(w) {}
  int64_t tiles() const { return n * rows.tiles * columns.tiles; }
  // For each pair of channels.
  int64_t products() const { return n * rows.products() * columns.products(); }
  TileAt at(int64_t tile) const {
    const int64_t j = tile % columns.tiles, i = tile / columns.tiles % rows.tiles;
    return {
        {rows.results(i), columns.results(j)}, tile / (columns.tiles * rows.tiles), rows.begin(i), columns.begin(j)};
  }
};

// Pictures [n, h, w], whose pixels lie `stride` floats apart.
template <class T>
struct Pictures {
  T* data;
  int64_t h, w, stride;
};

// Pointers to the pixels of some tiles, tile after tile: `more` rows and columns more than the tile has results, from
// `padding` pixels above and left of the first. Pixels outside of the picture are `outside`.
template <class T>
class TilePixels {
 public:
  TilePixels(Pictures<T> pictures, const Tiling& tiling, int more, int64_t padding, T* outside)
      : pictures_(pictures), tiling_(tiling), more_(more), padding_(padding), outside_(outside) {}

  void locate(int64_t begin, int64_t count) {
    pixels_.resize(static_cast<size_t>(count * most));
    for (int64_t t = 0; t < count; ++t) locate(tiling_.at(begin + t), pixels_.data() + t * most);
  }
  T* const* of(int64_t t) const { return pixels_.data() + t * most; }

 private:
  static constexpr int64_t most = points * points;

  void locate(const TileAt& tile, T** out) const {
    const int64_t columns = tile.size.columns + more_, left = tile.j - padding_;
    for (int r = 0; r < tile.size.rows + more_; ++r, out += columns) {
      const int64_t i = tile.i - padding_ + r;
      if (i < 0 || i >= pictures_.h) {
        std::fill(out, out + columns, outside_);
        continue;
      }
      T* row = pictures_.data + (tile.n * pictures_.h + i) * pictures_.w * pictures_.stride;
      for (int64_t c = 0; c < columns; ++c) {
        const int64_t j = left + c;
        out[c] = j < 0 || j >= pictures_.w ? outside_ : row + j * pictures_.stride;
      }
    }
  }

  Pictures<T> pictures_;
  const Tiling& tiling_;
  int more_;
  int64_t padding_;
  T* outside_;
  std::vector<T*> pixels_;
};

// Rows [frequency][tile][column], columns padded so that neither rows nor frequencies lie a power of two apart: such
// addresses would share few sets of the first-level cache.
struct Spectrum {
  int64_t row, frequency;
  Spectrum(int64_t tiles, int64_t columns) : row(columns + 16), frequency(tiles * row + 16) {}
  int64_t floats() const { return frequencies * frequency; }
};

// The rows of a spectrum by frequency: those of tiles that have a value there.
template <class T>
class SpectrumRows {
 public:
  void fill(const Tiling& tiling, int64_t begin, int64_t count, T* spectrum, int64_t row) {
    for (auto& rows : rows_) rows.clear();
    for (int64_t t = 0; t < count; ++t) {
      const WinogradTile tile = tiling.at(begin + t).size;
      for (const int64_t f : {0, winograd_left_out, winograd_left_out * points, winograd_left_out * (points + 1)})
        if (tile.has(f)) rows_[kind(f)].push_back(spectrum + t * row);
    }
  }
  const std::vector<T*>& at(int64_t f) const { return rows_[kind(f)]; }

 private:
  static size_t kind(int64_t f) {
    return (f / points == winograd_left_out ? 2U : 0U) + (f % points == winograd_left_out ? 1U : 0U);
  }
  std::array<std::vector<T*>, 4> rows_;
};

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
struct Blocks {
  int64_t tiles, count, ranges;

  explicit Blocks(const Products& p) : tiles(p.tiling.tiles()) {
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
        m_(count, Blocks::panels_at_once * tiles_.columns),
        product_(m_.floats()) {
    results_.locate(begin, count);
    v_rows_.fill(p.tiling, begin, count, spectrum, v_.row);
    m_rows_.fill(p.tiling, begin, count, product_.data(), m_.row);
  }

  void run(int64_t first_panel, int64_t last_panel) {
    for (int64_t panel = first_panel; panel < last_panel; panel += Blocks::panels_at_once) {
      const int64_t last = std::min(last_panel, panel + Blocks::panels_at_once);
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
                      .accumulate = false});
      }
    }
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
  const Blocks blocks(p);
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
    const int64_t panels = divide_up(p.filters.count(), Blocks::panels_at_once);
    ProductBlock(p, begin, count, spectrum, nowhere.data())
        .run(panels * range / blocks.ranges * Blocks::panels_at_once,
             std::min(p.filters.count(), panels * (range + 1) / blocks.ranges * Blocks::panels_at_once));
  });
}

// The spectra of the filters as panels of the columns o: row c of frequency f.
void transform_filters(Panels& panels, const float* w, const Conv2dGeometry& g) {
  constexpr int64_t channels = 16;
  const int64_t width = tiles().columns;
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
      winograd_transforms().filter(tap, panels.panel(0, panel) + (c + i) * panels.width_of(panel),
                                   panels.panel(1, panel) - panels.panel(0, panel), columns);
    }
  });
}

// The same of the filters turned by half a turn, as panels of the columns c: row o of frequency f.
void transform_turned_filters(Panels& panels, const float* w, const Conv2dGeometry& g) {
  const int64_t width = tiles().columns;
  parallel_ranges(g.o, 8, [&](int64_t begin, int64_t end) {
    for (int64_t panel = 0; panel < panels.count(); ++panel) {
      for (int64_t o = begin; o < end; ++o) {
        const float* taps[9];
        for (int64_t t = 0; t < 9; ++t) taps[t] = w + (o * 9 + 8 - t) * g.c + panel * width;
        winograd_transforms().filter(taps, panels.panel(0, panel) + o * panels.width_of(panel),
                                     panels.panel(1, panel) - panels.panel(0, panel), panels.columns_of(panel));
      }
    }
  });
}

// The gradient of the filters: for each frequency the sum over all tiles of outer products. A task has a block of
// filters, a block of channels and a range of the tiles.
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
        patches_({x + first_channel, g.h, g.w, g.c}, tiling, 2, g.padding, zeros),
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

bool winograd_serves(const Conv2dGeometry& g) {
  return g.kh == 3 && g.kw == 3 && g.stride == 1 && g.dilation == 1 && g.groups == 1 && g.padding <= 2 &&
         g.c % 16 == 0 && g.o % 16 == 0;
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
            .padding = g.padding,
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
            .padding = 2 - g.padding,
            .filters = filters,
            .accumulate = accumulate});
}

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
