#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/parallel.h"
#include "core/simd/floats.h"
#include "core/simd/gemm.h"

namespace radial::simd {
namespace {

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};
// Range i of `ranges` nearly equal ranges of [0, n).
Range range_of(int64_t n, int64_t ranges, int64_t i) { return {n * i / ranges, n * (i + 1) / ranges}; }

// A side of the products in pieces as wide as a tile, the last of a tap as wide as the rest: strips of y's rows for a,
// panels of its columns for b.
int64_t pieces_of_tap(const OuterSum::Side& side, int64_t width) { return divide_up(side.length, width); }
int64_t pieces_of(const OuterSum::Side& side, int64_t width) {
  return pieces_of_tap(side, width) * static_cast<int64_t>(side.taps.size());
}

// How the work is cut, by shapes alone: blocks of y, whose strips and panels for a chunk of pixels stay in the
// second-level cache, one panel in half of the first; and ranges of the pixels, whose partial sums are added
// afterwards.
struct Cut {
  static constexpr int64_t rows = 288, columns = 256, longest_chunk = 192, floats_of_panel = 4096;
  int64_t chunk, strip_ranges, panel_ranges, pixel_ranges;

  Cut(const OuterSum& sum, const Tiles& tiles)
      : chunk(std::min(longest_chunk, floats_of_panel / tiles.columns)),
        strip_ranges(divide_up(pieces_of(sum.a, tiles.rows), rows / tiles.rows)),
        panel_ranges(divide_up(pieces_of(sum.b, tiles.columns), columns / tiles.columns)) {
    constexpr int64_t wanted_tasks = 32, work_of_task = 500'000;  // multiply-adds
    const int64_t pixels = sum.grid.rows(), work = pixels * sum.a.columns() * sum.b.columns();
    const int64_t tasks = std::clamp<int64_t>(work / work_of_task, 1, divide_up(wanted_tasks, sum.groups));
    pixel_ranges = std::clamp<int64_t>(tasks / (strip_ranges * panel_ranges), 1, divide_up(pixels, chunk));
  }
};

// out[i * step + j] = row[i * width + j] for i < pieces, j < width
template <int width>
void split(const float* row, int64_t pieces, float* out, int64_t step) {
  for (int64_t i = 0; i < pieces; ++i) std::memcpy(out + i * step, row + i * width, width * sizeof(float));
}

using Split = void (*)(const float* row, int64_t pieces, float* out, int64_t step);
template <size_t... i>
constexpr std::array<Split, sizeof...(i)> splits(std::index_sequence<i...>) {
  return {split<static_cast<int>(i) + 1>...};
}
Split split_of(int64_t width) {
  static constexpr auto all = splits(std::make_index_sequence<32>());
  return all[static_cast<size_t>(width - 1)];
}

// Some pieces of a side for a chunk of pixels, each piece [pixel, width] for itself: so the kernel reads line after
// line, whatever the distance of the pixels in the pictures.
class PackedPieces {
 public:
  PackedPieces(const OuterSum::Side& side, int64_t chunk, int64_t group, int64_t width, Range pieces,
               const float* zeros)
      : side_(side),
        pixels_(side.rows),
        width_(width),
        of_tap_(pieces_of_tap(side, width)),
        range_(pieces),
        zeros_(zeros),
        split_(split_of(width)),
        step_(chunk * width + 16),
        packed_(pieces.size() * step_) {
    pixels_.data += group * side.length;
    for (int64_t p = 0; p < chunk; ++p) rows_[static_cast<size_t>(p)] = packed_.data() + p * width;
    for (int64_t piece = pieces.begin; piece < pieces.end; ++piece) {
      const int64_t begin = first_column(piece);
      pieces_.push_back(
          {offset(piece), piece / of_tap_ * side.length + begin, static_cast<int>(last_column(piece) - begin)});
    }
    // What lies behind a narrow piece is read, though not used.
    if (side.length % width != 0) std::fill_n(packed_.data(), pieces.size() * step_, 0.0F);
  }

  void load(const Grid& grid, Range pixels) {
    for (int64_t tap = range_.begin / of_tap_; tap * of_tap_ < range_.end; ++tap) {
      pixels_.locate(grid, side_.taps[static_cast<size_t>(tap)], pixels.begin, pixels.size(), zeros_, located_.data());
      const int64_t first = std::max(range_.begin, tap * of_tap_), last = std::min(range_.end, (tap + 1) * of_tap_);
      const int64_t begin = first_column(first), end = last_column(last - 1);
      const int64_t whole = (end - begin) / width_, rest = (end - begin) % width_;
      const Split split_rest = split_of(std::max<int64_t>(1, rest));
      float* out = packed_.data() + offset(first);
      for (int64_t p = 0; p < pixels.size(); ++p, out += width_) {
        const float* row = located_[static_cast<size_t>(p)] + begin;
        if (p + ahead < pixels.size()) prefetch(located_[static_cast<size_t>(p + ahead)] + begin, end - begin);
        split_(row, whole, out, step_);
        if (rest > 0) split_rest(row + whole * width_, 1, out + whole * step_, step_);
      }
    }
  }

  // Row p of a piece starts at rows()[p] + piece.offset.
  const float* const* rows() const { return rows_.data(); }
  struct Piece {
    int64_t offset, column;  // where it lies in memory, and among all columns of the side
    int width;
  };
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  static constexpr int64_t ahead = 3;  // rows that are on their way from far memory
  static void prefetch(const float* row, int64_t floats) {
    constexpr int64_t cache_line = 16;
    for (int64_t i = 0; i < floats; i += cache_line) __builtin_prefetch(row + i);
  }

  int64_t offset(int64_t piece) const { return (piece - range_.begin) * step_; }
  int64_t first_column(int64_t piece) const { return piece % of_tap_ * width_; }
  int64_t last_column(int64_t piece) const { return std::min(side_.length, first_column(piece) + width_); }

  const OuterSum::Side& side_;
  PixelRows<const float> pixels_;
  int64_t width_, of_tap_;
  Range range_;
  std::vector<Piece> pieces_;  // found once: a division takes as long as ten rows of a tile
  const float* zeros_;
  Split split_;
  int64_t step_;  // between pieces; no power of two: such addresses share few sets of the first-level cache
  Floats packed_;
  std::array<const float*, Cut::longest_chunk> rows_, located_;
};

// y (+)= the products of some strips and panels, summed over some pixels.
void add_block(const OuterSum& sum, int64_t longest, int64_t group, Range strips, Range panels, Range pixels,
               const float* zeros, float* y, bool accumulate) {
  const Tiles& t = tiles();
  PackedPieces a(sum.a, longest, group, t.rows, strips, zeros), b(sum.b, longest, group, t.columns, panels, zeros);
  const int64_t chunks = divide_up(pixels.size(), longest), y_step = sum.b.columns();
  for (int64_t c = 0; c < chunks; ++c) {
    const Range part = range_of(pixels.size(), chunks, c), chunk{pixels.begin + part.begin, pixels.begin + part.end};
    a.load(sum.grid, chunk);
    b.load(sum.grid, chunk);
    for (const auto& panel : b.pieces()) {
      for (const auto& strip : a.pieces()) {
        t.outer({.a = a.rows(),
                 .a_offset = strip.offset,
                 .b = b.rows(),
                 .b_offset = panel.offset,
                 .count = chunk.size(),
                 .y = y + strip.column * y_step + panel.column,
                 .y_step = y_step,
                 .rows = strip.width,
                 .columns = panel.width,
                 .accumulate = accumulate || c > 0});
      }
    }
  }
}

}  // namespace

void sum_outer_products(const OuterSum& sum) {
  const int64_t pixels = sum.grid.rows(), floats_of_y = sum.a.columns() * sum.b.columns();
  const int64_t floats = sum.groups * floats_of_y;
  if (floats == 0) return;
  if (pixels == 0) {
    if (!sum.accumulate) std::fill(sum.y, sum.y + floats, 0.0F);
    return;
  }
  const Tiles& t = tiles();
  const Cut cut(sum, t);
  const std::vector<float> zeros(static_cast<size_t>(std::max(sum.a.length, sum.b.length)));
  const bool partial = cut.pixel_ranges > 1;
  Floats partial_sums(partial ? cut.pixel_ranges * floats : 0);
  float* const target = partial ? partial_sums.data() : sum.y;

  const int64_t blocks = cut.strip_ranges * cut.panel_ranges;
  parallel_for(sum.groups * cut.pixel_ranges * blocks, [&](int64_t task) {
    const int64_t panel_range = task % cut.panel_ranges, strip_range = task / cut.panel_ranges % cut.strip_ranges;
    const int64_t pixel_range = task / blocks % cut.pixel_ranges, group = task / blocks / cut.pixel_ranges;
    add_block(sum, cut.chunk, group, range_of(pieces_of(sum.a, t.rows), cut.strip_ranges, strip_range),
              range_of(pieces_of(sum.b, t.columns), cut.panel_ranges, panel_range),
              range_of(pixels, cut.pixel_ranges, pixel_range), zeros.data(),
              target + pixel_range * floats + group * floats_of_y, !partial && sum.accumulate);
  });
  if (!partial) return;

  parallel_ranges(floats, 16 * 1024, [&](int64_t begin, int64_t end) {
    if (sum.accumulate)
      for (int64_t i = begin; i < end; ++i) sum.y[i] += target[i];
    else
      std::copy(target + begin, target + end, sum.y + begin);
    for (int64_t r = 1; r < cut.pixel_ranges; ++r)
      for (int64_t i = begin; i < end; ++i) sum.y[i] += target[r * floats + i];
  });
}

}  // namespace radial::simd
