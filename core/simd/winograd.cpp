#include "core/simd/winograd.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/parallel.h"
#include "core/simd/panels.h"
#include "core/simd/pixel_rows.h"
#include "core/simd/winograd_transforms.h"
#include "core/storage.h"

namespace radial::simd {
namespace {

constexpr int tile = winograd_tile, patch = winograd_patch, frequencies = winograd_frequencies;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Memory of one task or of one call, not initialised.
class Floats {
 public:
  explicit Floats(int64_t count) : storage_(static_cast<size_t>(count) * sizeof(float), Device{}) {}
  float* data() { return static_cast<float*>(storage_.data()); }

 private:
  Storage storage_;
};

// Pictures in tiles of 4x4: tile (n, i, j) covers pixels (4 i + di, 4 j + dj) of the results.
Grid tiles_of(int64_t n, int64_t h, int64_t w) { return {n, divide_up(h, tile), divide_up(w, tile)}; }

// Pointers to the pixels of squares of size x size that lie `tile` pixels apart, square after square; the square of
// tile (0, 0) begins at (first, first). Pixels outside of the picture are `outside`.
template <class T>
class Squares {
 public:
  Squares(PixelRows<T> pixels, const Grid& grid, int size, int64_t first, T* outside)
      : pixels_(pixels), grid_(grid), size_(size), first_(first), outside_(outside) {
    pixels_.step = tile;
  }

  void locate(int64_t begin, int64_t count) {
    const int64_t pixels = size_ * size_;
    row_.resize(static_cast<size_t>(count));
    squares_.resize(static_cast<size_t>(count * pixels));
    for (int64_t p = 0; p < pixels; ++p) {
      pixels_.locate(grid_, {first_ + p / size_, first_ + p % size_}, begin, count, outside_, row_.data());
      for (int64_t t = 0; t < count; ++t) squares_[static_cast<size_t>(t * pixels + p)] = row_[static_cast<size_t>(t)];
    }
  }
  T* const* square(int64_t t) const { return squares_.data() + t * size_ * size_; }

 private:
  PixelRows<T> pixels_;
  Grid grid_;
  int64_t size_, first_;
  T* outside_;
  std::vector<T*> row_, squares_;
};

// Rows [frequency][row][column], columns padded so that neither rows nor frequencies lie a power of two apart: such
// addresses would share few sets of the first-level cache.
struct Spectrum {
  int64_t row, frequency;
  Spectrum(int64_t rows, int64_t columns) : row(columns + 16), frequency(rows * row + 16) {}
  int64_t floats() const { return frequencies * frequency; }
};

// A convolution of stride 1 as the products of its frequencies: y [n, oh, ow, o] from x [n, h, w, c].
struct Products {
  Grid grid;
  PixelRows<const float> x;
  PixelRows<float> y;
  int64_t c, o, padding;
  const Panels& filters;  // a group for each frequency
  bool accumulate;
};

// How the tiles are cut into blocks and the filters into ranges of panels, by shapes alone.
struct Blocks {
  int64_t tiles, blocks, ranges;

  explicit Blocks(const Products& p) : tiles(p.grid.rows()) {
    // All filters pass by for each block: it must be long where they do not stay in the cache, and short where the
    // spectrum of its patches can (half a megabyte).
    constexpr int64_t cached_floats = 128 * 1024, least = 28, wanted_tasks = 24;
    const int64_t length = std::clamp<int64_t>(cached_floats / (frequencies * p.c), least, 56);
    blocks = divide_up(tiles, p.c >= 512 ? 2 * least : length);
    ranges = std::clamp<int64_t>(wanted_tasks / blocks, 1, divide_up(p.filters.count(), panels_at_once));
  }

  static constexpr int64_t panels_at_once = 2;
};

class ProductBlock {
 public:
  ProductBlock(const Products& p, int64_t begin, int64_t end, const float* zeros, float* nowhere)
      : p_(p),
        count_(end - begin),
        patches_(p.x, p.grid, patch, -p.padding, zeros),
        results_(p.y, p.grid, tile, 0, nowhere),
        v_(count_, p.c),
        m_(count_, Blocks::panels_at_once * tiles_.columns),
        spectrum_(v_.floats()),
        product_(m_.floats()) {
    patches_.locate(begin, count_);
    results_.locate(begin, count_);
    for (int64_t t = 0; t < count_; ++t) {
      v_rows_.push_back(spectrum_.data() + t * v_.row);
      m_rows_.push_back(product_.data() + t * m_.row);
    }
  }

  void run(int64_t first_panel, int64_t last_panel) {
    for (int64_t t = 0; t < count_; ++t)
      transforms_.patch(patches_.square(t), spectrum_.data() + t * v_.row, v_.frequency, p_.c);
    for (int64_t panel = first_panel; panel < last_panel; panel += Blocks::panels_at_once) {
      const int64_t last = std::min(last_panel, panel + Blocks::panels_at_once);
      for (int64_t f = 0; f < frequencies; ++f) multiply(f, panel, last);
      finish(panel, last);
    }
  }

 private:
  void multiply(int64_t f, int64_t first_panel, int64_t last_panel) {
    const int64_t strips = divide_up(count_, tiles_.rows);
    for (int64_t panel = first_panel; panel < last_panel; ++panel) {
      for (int64_t s = 0; s < strips; ++s) {
        const int64_t first = count_ * s / strips, rows = count_ * (s + 1) / strips - first;
        tiles_.inner({.a = v_rows_.data() + first,
                      .a_step = 0,
                      .a_offset = f * v_.frequency,
                      .runs = 1,
                      .length = p_.c,
                      .b = p_.filters.panel(f, panel),
                      .y = m_rows_.data() + first,
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
      std::array<float*, tile * tile> y;
      std::transform(results_.square(t), results_.square(t) + tile * tile, y.begin(),
                     [&](float* pixel) { return pixel + first; });
      transforms_.result(m_rows_[static_cast<size_t>(t)], m_.frequency, y.data(), last - first, p_.accumulate);
    }
  }

  const Products& p_;
  const Tiles& tiles_ = tiles();
  const WinogradTransforms& transforms_ = winograd_transforms();
  int64_t count_;
  Squares<const float> patches_;
  Squares<float> results_;
  Spectrum v_, m_;
  Floats spectrum_, product_;
  std::vector<const float*> v_rows_;
  std::vector<float*> m_rows_;
};

void multiply(const Products& p) {
  const Blocks cut(p);
  const std::vector<float> zeros(static_cast<size_t>(p.c));
  parallel_for(cut.blocks * cut.ranges, [&](int64_t task) {
    const int64_t range = task % cut.ranges, block = task / cut.ranges;
    const int64_t panels = divide_up(p.filters.count(), Blocks::panels_at_once);
    std::vector<float> nowhere(static_cast<size_t>(p.o));  // what lies outside of the picture is written here
    ProductBlock products(p, cut.tiles * block / cut.blocks, cut.tiles * (block + 1) / cut.blocks, zeros.data(),
                          nowhere.data());
    products.run(panels * range / cut.ranges * Blocks::panels_at_once,
                 std::min(p.filters.count(), panels * (range + 1) / cut.ranges * Blocks::panels_at_once));
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
  GradientBlock(const float* dy, const float* x, const Conv2dGeometry& g, int64_t first_filter, int64_t first_channel,
                const float* zeros)
      : filters_(std::min(g.o - first_filter, Cut::filters)),
        channels_(std::min(g.c - first_channel, Cut::channels)),
        gradients_({dy + first_filter, g.oh, g.ow, g.o}, tiles_of(g.n, g.oh, g.ow), tile, 0, zeros),
        patches_({x + first_channel, g.h, g.w, g.c}, tiles_of(g.n, g.oh, g.ow), patch, -g.padding, zeros),
        z_(Cut::chunk, filters_),
        v_(Cut::chunk, channels_),
        z_spectrum_(z_.floats()),
        v_spectrum_(v_.floats()),
        sum_(frequencies * filters_ * channels_) {
    for (int64_t t = 0; t < Cut::chunk; ++t) {
      z_rows_.push_back(z_spectrum_.data() + t * z_.row);
      v_rows_.push_back(v_spectrum_.data() + t * v_.row);
    }
  }

  // dw[o * 9 * dw_channels + tap * dw_channels + c] (+)= the sum over the tiles.
  void run(int64_t begin, int64_t end, float* dw, int64_t dw_channels, bool accumulate) {
    for (int64_t first = begin; first < end; first += Cut::chunk)
      add(first, std::min(end - first, Cut::chunk), first > begin);
    for (int64_t o = 0; o < filters_; ++o) {
      float* taps[9];
      for (int64_t t = 0; t < 9; ++t) taps[t] = dw + (o * 9 + t) * dw_channels;
      transforms_.filter_gradient(sum_.data() + o * channels_, filters_ * channels_, taps, channels_, accumulate);
    }
  }

 private:
  void add(int64_t first, int64_t count, bool accumulate) {
    gradients_.locate(first, count);
    patches_.locate(first, count);
    for (int64_t t = 0; t < count; ++t) {
      transforms_.gradient(gradients_.square(t), z_spectrum_.data() + t * z_.row, z_.frequency, filters_);
      transforms_.patch(patches_.square(t), v_spectrum_.data() + t * v_.row, v_.frequency, channels_);
    }
    const int64_t strips = divide_up(filters_, tiles_.rows);
    for (int64_t f = 0; f < frequencies; ++f) {
      for (int64_t c = 0; c < channels_; c += tiles_.columns) {
        for (int64_t s = 0; s < strips; ++s) {
          const int64_t row = filters_ * s / strips, rows = filters_ * (s + 1) / strips - row;
          tiles_.outer({.a = z_rows_.data(),
                        .a_offset = f * z_.frequency + row,
                        .b = v_rows_.data(),
                        .b_offset = f * v_.frequency + c,
                        .count = count,
                        .y = sum_.data() + (f * filters_ + row) * channels_ + c,
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
  int64_t filters_, channels_;
  Squares<const float> gradients_, patches_;
  Spectrum z_, v_;
  Floats z_spectrum_, v_spectrum_, sum_;
  std::vector<const float*> z_rows_, v_rows_;
};

}  // namespace

bool winograd_serves(const Conv2dGeometry& g) {
  return g.kh == 3 && g.kw == 3 && g.stride == 1 && g.dilation == 1 && g.groups == 1 && g.padding <= 2 &&
         g.c % 16 == 0 && g.o % 16 == 0;
}

bool winograd_pays(const Conv2dGeometry& g) {
  if (!winograd_serves(g) || g.c < 32 || g.o < 32) return false;
  const Grid grid = tiles_of(g.n, g.oh, g.ow);
  return grid.rows() >= 16 && 2 * g.rows() >= grid.rows() * tile * tile;
}

void winograd_forward(float* y, const float* x, const float* w, const Conv2dGeometry& g) {
  Panels filters(frequencies, g.c, g.o);
  transform_filters(filters, w, g);
  multiply({.grid = tiles_of(g.n, g.oh, g.ow),
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
  multiply({.grid = tiles_of(g.n, g.h, g.w),
            .x = {dy, g.oh, g.ow, g.o},
            .y = {dx, g.h, g.w, g.c},
            .c = g.o,
            .o = g.c,
            .padding = 2 - g.padding,
            .filters = filters,
            .accumulate = accumulate});
}

void winograd_backward_weight(float* dw, const float* dy, const float* x, const Conv2dGeometry& g, bool accumulate) {
  const int64_t tiles = tiles_of(g.n, g.oh, g.ow).rows(), floats = g.o * 9 * g.c;
  const GradientCut cut(g, tiles);
  const std::vector<float> zeros(static_cast<size_t>(std::max(g.o, g.c)));
  Floats partial_sums((cut.ranges - 1) * floats);  // the first range writes to dw
  parallel_for(cut.filter_blocks * cut.channel_blocks * cut.ranges, [&](int64_t task) {
    const int64_t range = task % cut.ranges, block = task / cut.ranges;
    const int64_t channel = block % cut.channel_blocks * GradientCut::channels;
    const int64_t filter = block / cut.channel_blocks * GradientCut::filters;
    float* out = range == 0 ? dw : partial_sums.data() + (range - 1) * floats;
    GradientBlock gradient(dy, x, g, filter, channel, zeros.data());
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
