#include "core/simd/gemm.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/simd/fetch_ahead.h"

namespace radial::simd {
namespace {

// Part of the sum over (tap, k) that one pass over the rows adds up: whole taps, or a piece of one.
struct Pass {
  int64_t first_tap, taps, offset, length;
  int64_t first_row;  // of b
};

// A pass reads a panel of b of at most about 512 rows (64 KB for 32 columns): it stays in the second-level cache while
// the rows of a block pass by. Shorter passes would write y more often; but up to `whole` rows a single one is best.
std::vector<Pass> cut_into_passes(int64_t taps, int64_t length) {
  constexpr int64_t whole = 1024, target = 512;
  if (taps * length <= whole) return {{0, taps, 0, length, 0}};
  std::vector<Pass> passes;
  const int64_t taps_of_pass = std::max<int64_t>(1, target / length);
  const int64_t pieces = taps_of_pass > 1 ? 1 : divide_up(length, whole);
  for (int64_t tap = 0; tap < taps; tap += taps_of_pass) {
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const int64_t begin = length * piece / pieces, end = length * (piece + 1) / pieces;
      passes.push_back({tap, std::min(taps_of_pass, taps - tap), begin, end - begin, tap * length + begin});
    }
  }
  return passes;
}

// Tasks are blocks of rows times ranges of panels; sizes follow from the shapes alone.
struct Blocks {
  int64_t rows, row_blocks, panels, panel_ranges;
  bool fetches_ahead;  // the pixels of a block, contiguous in memory, while another is computed
  bool b_is_cached;    // once it has been read

  Blocks(const Gemm& gemm, int64_t tile_rows) : rows(gemm.grid.rows()), panels(gemm.b.count()) {
    constexpr int64_t wanted_tasks = 24, work_of_task = 500'000;  // multiply-adds: 5 to 10 microseconds
    const int64_t work = rows * gemm.b.k() * gemm.b.columns();
    const int64_t tasks = std::clamp<int64_t>(work / work_of_task, 1, divide_up(wanted_tasks, gemm.b.groups()));

    // The pixels that a block reads stay in the second-level cache while all panels pass by; those of the next come in.
    constexpr int64_t cached_floats = 32 * 1024, most_rows = 448;
    const int64_t pixels_of_row = std::min(gemm.x.step.product(), static_cast<int64_t>(gemm.taps.size()));
    const int64_t block = cached_floats / std::max<int64_t>(1, gemm.length * pixels_of_row);
    row_blocks = divide_up(rows, std::clamp(block, 8 * tile_rows, most_rows));
    panel_ranges = std::min(divide_up(tasks, row_blocks), panels);
    // Too few panels: smaller blocks.
    row_blocks = std::max(row_blocks, std::min(tasks / panel_ranges, divide_up(rows, tile_rows)));
    const bool contiguous = gemm.taps.size() == 1 && gemm.x.stride == gemm.length && gemm.x.step == 1 &&
                            gemm.x.h == gemm.grid.h && gemm.x.w == gemm.grid.w;
    fetches_ahead = contiguous && rows / row_blocks * gemm.length <= 4 * cached_floats;
    b_is_cached = gemm.b.k() * gemm.b.columns() <= 2 * cached_floats;
  }

  int64_t begin(int64_t row_block) const { return rows * row_block / row_blocks; }
};

// One task: its rows in strips of the height of a tile, its panels, pass by pass.
class Block {
 public:
  Block(const Gemm& gemm, const Blocks& blocks, int64_t group, int64_t row_block, const float* zeros)
      : gemm_(gemm),
        blocks_(blocks),
        zeros_(zeros),
        group_(group),
        row_block_(row_block),
        first_row_(blocks.begin(row_block)),
        rows_(blocks.begin(row_block + 1) - first_row_),
        strips_(divide_up(rows_, tiles_.rows)),
        taps_(static_cast<int64_t>(gemm.taps.size())),
        x_rows_(static_cast<size_t>(rows_ * taps_)),
        strip_begins_(static_cast<size_t>(strips_ + 1)),
        y_rows_(static_cast<size_t>(rows_)) {
    for (int64_t s = 0; s <= strips_; ++s) strip_begins_[static_cast<size_t>(s)] = rows_ * s / strips_;
    auto y = gemm.y;
    y.data += group * gemm.b.columns();
    y.locate(gemm.grid, gemm.y_tap, first_row_, rows_, nullptr, y_rows_.data());
    for (int64_t s = 0; s < strips_; ++s) {
      const Strip strip = strip_at(s);
      const float** out = x_rows_.data() + strip.first * taps_;
      for (int64_t t = 0; t < taps_; ++t, out += strip.count) locate_x(t, first_row_ + strip.first, strip.count, out);
    }
  }

  void run(const std::vector<Pass>& passes, int64_t first_panel, int64_t last_panel) {
    // Rows whose addresses differ by multiples of 4 KB share one set of the first-level cache: copy them apart.
    const bool copies = taps_ == 1 && gemm_.x.stride * gemm_.x.step.w % 1024 == 0 && last_panel - first_panel > 2;
    FetchAhead next_x = next_block(), next_b;
    for (size_t p = 0; p < passes.size(); ++p) {
      const Pass& pass = passes[p];
      if (copies) copy_rows(pass);
      for (int64_t panel = first_panel; panel < last_panel; ++panel) {
        if (!blocks_.b_is_cached) {
          const bool more = panel + 1 < last_panel;
          next_b = more ? part_of_b(pass, panel + 1) : part_of_b(passes[(p + 1) % passes.size()], first_panel);
        }
        for (int64_t s = 0; s < strips_; ++s) {
          if (s + 1 < strips_ && panel == first_panel && !copies && !was_fetched()) prefetch_x(pass, strip_at(s + 1));
          FetchAhead& next = next_b.done() ? next_x : next_b;
          run_tile(pass, panel, strip_at(s), copies, next.take(pass.taps * pass.length));
        }
      }
    }
  }

 private:
  struct Strip {
    int64_t first, count;
  };
  // Strips of nearly equal heights: 64 rows are 13 + 13 + 13 + 13 + 12.
  Strip strip_at(int64_t s) const {
    const int64_t first = strip_begins_[static_cast<size_t>(s)];
    return {first, strip_begins_[static_cast<size_t>(s + 1)] - first};
  }

  void locate_x(int64_t tap, int64_t begin, int64_t count, const float** out) const {
    auto x = gemm_.x;
    x.data += group_ * gemm_.length;
    x.locate(gemm_.grid, gemm_.taps[static_cast<size_t>(tap)], begin, count, zeros_, out);
  }

  // Blocks are taken in order: that many further on is the one that this thread will probably take next.
  int64_t distance() const { return threads(); }
  bool was_fetched() const { return blocks_.fetches_ahead && row_block_ >= distance(); }
  FetchAhead next_block() const {
    const int64_t block = row_block_ + distance();
    if (!blocks_.fetches_ahead || block >= blocks_.row_blocks) return {};
    const float* begin = nullptr;
    locate_x(0, blocks_.begin(block), 1, &begin);
    return {begin, (blocks_.begin(block + 1) - blocks_.begin(block)) * gemm_.length};
  }
  FetchAhead part_of_b(const Pass& pass, int64_t panel) const {
    const int64_t width = gemm_.b.width_of(panel);
    return {gemm_.b.panel(group_, panel) + pass.first_row * width, pass.taps * pass.length * width};
  }

  const float* const* x_rows(Strip strip, int64_t tap) const {
    return x_rows_.data() + strip.first * taps_ + tap * strip.count;
  }

  void run_tile(const Pass& pass, int64_t panel, Strip strip, bool copied, const float* ahead) const {
    const Panels& b = gemm_.b;
    tiles_.inner({.a = copied ? copied_rows_.data() + strip.first : x_rows(strip, pass.first_tap),
                  .a_step = strip.count,
                  .a_offset = copied ? 0 : pass.offset,
                  .runs = pass.taps,
                  .length = pass.length,
                  .b = b.panel(group_, panel) + pass.first_row * b.width_of(panel),
                  .y = y_rows_.data() + strip.first,
                  .y_offset = panel * tiles_.columns,
                  .rows = static_cast<int>(strip.count),
                  .columns = b.columns_of(panel),
                  .accumulate = gemm_.accumulate || pass.first_row > 0,
                  .ahead = ahead});
  }

  void copy_rows(const Pass& pass) {
    const int64_t stride = pass.length + 16;
    copy_.resize(static_cast<size_t>(rows_ * stride));
    copied_rows_.resize(static_cast<size_t>(rows_));
    for (int64_t i = 0; i < rows_; ++i) {
      const float* row = x_rows_[static_cast<size_t>(i)] + pass.offset;
      copied_rows_[static_cast<size_t>(i)] = copy_.data() + i * stride;
      std::copy(row, row + pass.length, copy_.data() + i * stride);
    }
  }

  // Fetches the pixels of the pass's last tap, the only ones that earlier strips have not read, from far memory.
  void prefetch_x(const Pass& pass, Strip strip) const {
    if (pass.taps == 0) return;
    const float* const* rows = x_rows(strip, pass.first_tap + pass.taps - 1);
    constexpr int64_t cache_line = 16;
    for (int64_t i = 0; i < strip.count; ++i)
      for (int64_t k = 0; k < pass.length; k += cache_line) __builtin_prefetch(rows[i] + pass.offset + k, 0, 2);
  }

  const Gemm& gemm_;
  const Blocks& blocks_;
  const Tiles& tiles_ = tiles();
  const float* zeros_;
  int64_t group_, row_block_, first_row_, rows_, strips_, taps_;
  std::vector<const float*> x_rows_;   // [strip][tap][row of the strip]
  std::vector<int64_t> strip_begins_;  // and the end of the last
  std::vector<float*> y_rows_;
  std::vector<float> copy_;  // of one pass
  std::vector<const float*> copied_rows_;
};

}  // namespace

void multiply(const Gemm& gemm) {
  const int64_t rows = gemm.grid.rows(), groups = gemm.b.groups();
  if (rows == 0 || gemm.b.columns() == 0) return;
  const Blocks blocks(gemm, tiles().rows);
  const auto passes = cut_into_passes(static_cast<int64_t>(gemm.taps.size()), gemm.length);
  const std::vector<float> zeros(static_cast<size_t>(gemm.length));
  parallel_for(groups * blocks.row_blocks * blocks.panel_ranges, [&](int64_t task) {
    const int64_t range = task % blocks.panel_ranges, row_block = task / blocks.panel_ranges % blocks.row_blocks;
    const int64_t group = task / blocks.panel_ranges / blocks.row_blocks;
    Block(gemm, blocks, group, row_block, zeros.data())
        .run(passes, blocks.panels * range / blocks.panel_ranges, blocks.panels * (range + 1) / blocks.panel_ranges);
  });
}

}  // namespace radial::simd
