#include <algorithm>
#include <limits>

#include "core/parallel.h"
#include "core/simd/gemm.h"
#include "core/storage.h"

namespace radial::simd {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};
// Piece i of `pieces` nearly equal pieces of [0, n).
Range piece(int64_t n, int64_t pieces, int64_t i) { return {n * i / pieces, n * (i + 1) / pieces}; }

// How the work is cut, by shapes alone: strips of y's rows and taps of b over tasks, and the pixels over tasks whose
// partial sums are added afterwards.
struct Cut {
  int64_t strips_of_tap, strips;  // of y's rows: a tile high, within one tap of a
  int64_t strip_ranges, tap_ranges, pixel_ranges;
  int64_t chunk;  // pixels whose rows of a and b stay in the cache while the tiles of a task use them

  Cut(const OuterSum& sum, int64_t tile_rows) {
    const int64_t pixels = sum.grid.rows(), floats_of_y = sum.a.columns() * sum.b.columns();
    strips_of_tap = divide_up(sum.a.length, tile_rows);
    strips = strips_of_tap * static_cast<int64_t>(sum.a.taps.size());

    constexpr int64_t cached_floats = 96 * 1024;
    chunk = std::clamp<int64_t>(cached_floats / (floats_of_pixel(sum.a) + floats_of_pixel(sum.b)), 64, 256);

    // Of the ways to make enough tasks, the one that moves the fewest floats: each range of strips reads b, each range
    // of taps reads a, each partial sum is written and read.
    constexpr int64_t wanted_tasks = 32, work_of_task = 500'000;  // multiply-adds
    const int64_t tasks =
        std::clamp<int64_t>(pixels * floats_of_y / work_of_task, 1, divide_up(wanted_tasks, sum.groups));
    const int64_t most_ranges = std::clamp<int64_t>(std::min(tasks, pixels / chunk), 1, 16);
    int64_t least = std::numeric_limits<int64_t>::max();
    for (int64_t ranges = 1; ranges <= most_ranges; ranges *= 2) {
      const int64_t of_strips = std::min(divide_up(tasks, ranges), strips);
      const int64_t of_taps =
          std::clamp<int64_t>(tasks / (ranges * of_strips), 1, static_cast<int64_t>(sum.b.taps.size()));
      const int64_t moved = pixels * (of_strips * floats_of_pixel(sum.b) + of_taps * floats_of_pixel(sum.a)) +
                            (ranges > 1 ? 2 * ranges * floats_of_y : 0);
      if (moved >= least) continue;
      least = moved;
      pixel_ranges = ranges, strip_ranges = of_strips, tap_ranges = of_taps;
    }
  }

  // Floats read for each pixel of the grid: more than a row where the grid steps over pixels that other taps use.
  static int64_t floats_of_pixel(const OuterSum::Side& side) {
    return side.length * std::min(side.rows.step * side.rows.step, static_cast<int64_t>(side.taps.size()));
  }
};

// One task: some strips of y's rows, some taps of b, some pixels.
class Block {
 public:
  Block(const OuterSum& sum, const Cut& cut, int64_t group, Range strips, Range taps, const float* zeros)
      : sum_(sum), cut_(cut), strips_(strips), taps_(taps), zeros_(zeros), a_(sum.a.rows), b_(sum.b.rows) {
    a_.data += group * sum.a.length;
    b_.data += group * sum.b.length;
    a_rows_.resize(sum.a.taps.size() * static_cast<size_t>(cut.chunk));
    b_rows_.resize(static_cast<size_t>(cut.chunk));
    edge_rows_.resize(static_cast<size_t>(cut.chunk));
    edge_.resize(static_cast<size_t>(cut.chunk * edge_width()));
  }

  // Adds up the pixels of a range into y, whose first content counts if `accumulate`.
  void run(Range pixels, float* y, bool accumulate) {
    const int64_t chunks = divide_up(pixels.size(), cut_.chunk);
    for (int64_t c = 0; c < chunks; ++c) {
      const Range part = piece(pixels.size(), chunks, c);
      add_chunk({pixels.begin + part.begin, pixels.begin + part.end}, y, accumulate || c > 0);
    }
  }

 private:
  void add_chunk(Range pixels, float* y, bool accumulate) {
    const int64_t count = pixels.size();
    for (size_t s = 0; s < sum_.a.taps.size(); ++s) {
      const float** rows = a_rows_.data() + static_cast<int64_t>(s) * cut_.chunk;
      a_.locate(sum_.grid, sum_.a.taps[s], pixels.begin, count, zeros_, rows);
    }
    for (int64_t t = taps_.begin; t < taps_.end; ++t) {
      b_.locate(sum_.grid, sum_.b.taps[static_cast<size_t>(t)], pixels.begin, count, zeros_, b_rows_.data());
      copy_edge(count);
      for (int64_t strip = strips_.begin; strip < strips_.end; ++strip) {
        const int64_t s = strip / cut_.strips_of_tap;
        const Range rows = piece(sum_.a.length, cut_.strips_of_tap, strip % cut_.strips_of_tap);
        for (int64_t column = 0; column < sum_.b.length; column += tiles_.columns) {
          const int64_t columns = std::min<int64_t>(sum_.b.length - column, tiles_.columns);
          const bool at_edge = columns % tiles_.lanes != 0;
          tiles_.outer({.a = a_rows_.data() + s * cut_.chunk,
                        .a_offset = rows.begin,
                        .b = at_edge ? edge_rows_.data() : b_rows_.data(),
                        .b_offset = at_edge ? 0 : column,
                        .count = count,
                        .y = y + (s * sum_.a.length + rows.begin) * sum_.b.columns() + t * sum_.b.length + column,
                        .y_step = sum_.b.columns(),
                        .rows = static_cast<int>(rows.size()),
                        .columns = static_cast<int>(columns),
                        .accumulate = accumulate});
        }
      }
    }
  }

  int64_t edge_columns() const { return sum_.b.length % tiles_.columns; }
  int64_t edge_width() const { return edge_columns() % tiles_.lanes == 0 ? 0 : tiles_.panel_width(edge_columns()); }

  // The last columns of b's rows, padded with zeros to whole vectors: kernels load no float behind a row.
  void copy_edge(int64_t count) {
    const int64_t width = edge_width(), begin = sum_.b.length - edge_columns();
    if (width == 0) return;
    for (int64_t p = 0; p < count; ++p) {
      float* out = edge_.data() + p * width;
      std::copy(b_rows_[static_cast<size_t>(p)] + begin, b_rows_[static_cast<size_t>(p)] + sum_.b.length, out);
      edge_rows_[static_cast<size_t>(p)] = out;
    }
  }

  const OuterSum& sum_;
  const Cut& cut_;
  const Tiles& tiles_ = tiles();
  Range strips_, taps_;
  const float* zeros_;
  PixelRows<const float> a_, b_;
  std::vector<const float*> a_rows_, b_rows_, edge_rows_;  // [tap][pixel], [pixel], [pixel]
  std::vector<float> edge_;
};

}  // namespace

void sum_outer_products(const OuterSum& sum) {
  const int64_t pixels = sum.grid.rows(), floats_of_y = sum.a.columns() * sum.b.columns();
  const int64_t floats = sum.groups * floats_of_y;
  if (floats == 0) return;
  if (pixels == 0) {
    if (!sum.accumulate) std::fill(sum.y, sum.y + floats, 0.0F);
    return;
  }
  const Cut cut(sum, tiles().rows);
  const std::vector<float> zeros(static_cast<size_t>(std::max(sum.a.length, sum.b.length)));
  const bool partial = cut.pixel_ranges > 1;
  Storage partial_sums(partial ? static_cast<size_t>(cut.pixel_ranges * floats) * sizeof(float) : 0, Device{});
  float* const target = partial ? static_cast<float*>(partial_sums.data()) : sum.y;

  const int64_t tiles_of_range = cut.strip_ranges * cut.tap_ranges;
  parallel_for(sum.groups * cut.pixel_ranges * tiles_of_range, [&](int64_t task) {
    const int64_t tap_range = task % cut.tap_ranges, strip_range = task / cut.tap_ranges % cut.strip_ranges;
    const int64_t pixel_range = task / tiles_of_range % cut.pixel_ranges;
    const int64_t group = task / tiles_of_range / cut.pixel_ranges;
    Block block(sum, cut, group, piece(cut.strips, cut.strip_ranges, strip_range),
                piece(static_cast<int64_t>(sum.b.taps.size()), cut.tap_ranges, tap_range), zeros.data());
    block.run(piece(pixels, cut.pixel_ranges, pixel_range), target + pixel_range * floats + group * floats_of_y,
              !partial && sum.accumulate);
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
