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

// Whether tiles read the rows of a side where they lie. That pays where they lie close enough to stay in the caches,
// and where a term of a tile takes longer than its rows take from the second-level cache; vectors end where the rows
// end.
bool reads_in_place(const OuterSum::Side& side, int vector) {
  constexpr int64_t closest = 256;  // floats
  return tiles().lanes >= 16 && side.rows.stride * side.rows.step.w <= closest && side.length % vector == 0;
}

// Some pieces of a side for a chunk of pixels: where they lie, or copied, each piece [pixel, width] for itself, so that
// the kernel reads line after line whatever the distance of the pixels in the pictures.
class Pieces {
 public:
  Pieces(const OuterSum::Side& side, int64_t chunk, int64_t group, int64_t width, Range pieces, const float* zeros,
         bool in_place)
      : side_(side),
        pixels_(side.rows),
        width_(width),
        of_tap_(pieces_of_tap(side, width)),
        range_(pieces),
        zeros_(zeros),
        in_place_(in_place),
        step_(chunk * width + 16),
        packed_(in_place ? 0 : pieces.size() * step_),
        located_(in_place ? side.taps.size() : 1) {
    pixels_.data += group * side.length;
    for (int64_t p = 0; p < chunk && !in_place; ++p) packed_rows_[static_cast<size_t>(p)] = packed_.data() + p * width;
    for (int64_t piece = pieces.begin; piece < pieces.end; ++piece) {
      const int64_t begin = first_column(piece), tap = piece / of_tap_;
      const Rows& rows = in_place ? rows_of(tap) : packed_rows_;
      pieces_.push_back({rows.data(), in_place ? begin : offset(piece), tap * side.length + begin,
                         static_cast<int>(last_column(piece) - begin)});
    }
    // What lies behind a narrow piece is read, though not used.
    if (!in_place && side.length % width != 0) std::fill_n(packed_.data(), pieces.size() * step_, 0.0F);
  }

  void load(const Grid& grid, Range pixels) {
    for (int64_t tap = range_.begin / of_tap_; tap * of_tap_ < range_.end; ++tap) {
      Rows& rows = rows_of(tap);
      locate(grid, tap, pixels, rows);
      if (!in_place_) pack(tap, rows, pixels.size());
    }
  }

  // The rows of another chunk, in lines of the cache: each for a tile that fetches it from all rows. All taps see much
  // the same pixels, so those of the last serve.
  void locate_ahead(const Grid& grid, Range pixels) {
    const int64_t tap = (range_.end - 1) / of_tap_;
    locate(grid, tap, pixels, ahead_);
    ahead_begin_ = first_column(std::max(range_.begin, tap * of_tap_));
    ahead_lines_ = divide_up(last_column(range_.end - 1) - ahead_begin_, cache_line);
  }
  int64_t lines_ahead() const { return ahead_lines_; }
  struct Line {
    const float* const* rows = nullptr;
    int64_t offset = 0;
  };
  Line line_ahead(int64_t line) const {
    return line < ahead_lines_ ? Line{ahead_.data(), ahead_begin_ + line * cache_line} : Line{};
  }

  struct Piece {
    const float* const* rows;  // that of pixel p starts at rows[p] + offset
    int64_t offset, column;    // column: among all of the side
    int width;
  };
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  static constexpr int64_t cache_line = 16;
  using Rows = std::array<const float*, Cut::longest_chunk>;

  Rows& rows_of(int64_t tap) { return located_[in_place_ ? static_cast<size_t>(tap) : 0]; }

  // Rows behind the last are zeros: somewhere to read from.
  void locate(const Grid& grid, int64_t tap, Range pixels, Rows& rows) const {
    pixels_.locate(grid, side_.taps[static_cast<size_t>(tap)], pixels.begin, pixels.size(), zeros_, rows.data());
    std::fill(rows.begin() + pixels.size(), rows.end(), zeros_);
  }

  void pack(int64_t tap, const Rows& rows, int64_t pixels) {
    const int64_t first = std::max(range_.begin, tap * of_tap_), last = std::min(range_.end, (tap + 1) * of_tap_);
    const int64_t begin = first_column(first), end = last_column(last - 1);
    const int64_t whole = (end - begin) / width_, rest = (end - begin) % width_;
    const Split split_whole = split_of(width_), split_rest = split_of(std::max<int64_t>(1, rest));
    float* out = packed_.data() + offset(first);
    for (int64_t p = 0; p < pixels; ++p, out += width_) {
      const float* row = rows[static_cast<size_t>(p)] + begin;
      if (p + on_their_way < pixels) prefetch(rows[static_cast<size_t>(p + on_their_way)] + begin, end - begin);
      split_whole(row, whole, out, step_);
      if (rest > 0) split_rest(row + whole * width_, 1, out + whole * step_, step_);
    }
  }

  static constexpr int64_t on_their_way = 3;  // rows, from far memory
  static void prefetch(const float* row, int64_t floats) {
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
  bool in_place_;
  int64_t step_;  // between packed pieces; no power of two: such addresses share few sets of the first-level cache
  Floats packed_;
  Rows packed_rows_, ahead_;
  std::vector<Rows> located_;  // those of each tap where they are read in place
  int64_t ahead_begin_ = 0, ahead_lines_ = 0;
};

// y (+)= the products of some strips and panels, summed over some pixels.
void add_block(const OuterSum& sum, int64_t longest, int64_t group, Range strips, Range panels, Range pixels,
               const float* zeros, float* y, bool accumulate) {
  const Tiles& t = tiles();
  Pieces a(sum.a, longest, group, t.rows, strips, zeros, reads_in_place(sum.a, 1));
  Pieces b(sum.b, longest, group, t.columns, panels, zeros, reads_in_place(sum.b, t.lanes));
  const int64_t chunks = divide_up(pixels.size(), longest), y_step = sum.b.columns();
  const auto chunk_at = [&](int64_t c) {
    const Range part = range_of(pixels.size(), chunks, c);
    return Range{pixels.begin + part.begin, pixels.begin + part.end};
  };
  for (int64_t c = 0; c < chunks; ++c) {
    const Range chunk = chunk_at(c);
    a.load(sum.grid, chunk);
    b.load(sum.grid, chunk);
    const bool more = c + 1 < chunks;
    if (more) a.locate_ahead(sum.grid, chunk_at(c + 1)), b.locate_ahead(sum.grid, chunk_at(c + 1));
    int64_t line = 0;  // of those of a, then of b
    for (const auto& panel : b.pieces()) {
      for (const auto& strip : a.pieces()) {
        Pieces::Line next;
        if (more) next = line < a.lines_ahead() ? a.line_ahead(line) : b.line_ahead(line - a.lines_ahead());
        t.outer({.a = strip.rows,
                 .a_offset = strip.offset,
                 .b = panel.rows,
                 .b_offset = panel.offset,
                 .count = chunk.size(),
                 .y = y + strip.column * y_step + panel.column,
                 .y_step = y_step,
                 .rows = strip.width,
                 .columns = panel.width,
                 .accumulate = accumulate || c > 0,
                 .ahead = next.rows,
                 .ahead_offset = next.offset});
        ++line;
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
