// Copies between strided boxes: rows where elements lie side by side in both, tiles where they do so along different
// dimensions, else element by element.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

namespace {

struct Assign {
  template <class E>
  void operator()(E& to, const E& from) const {
    to = from;
  }
};

struct AddTo {
  template <class E>
  void operator()(E& to, const E& from) const {
    to += from;
  }
};

// Where the row number `index` begins in both boxes: a place in the first `outer` dimensions, and those after it.
template <class E>
struct Walk {
  Walk(E* y, const E* x, const StridedCopy& copy, int outer, int64_t index) : to(y), from(x), g(copy), dims(outer) {
    for (int d = dims - 1; d >= 0; --d) {
      const auto at = static_cast<size_t>(d);
      place[at] = index % g.extents[d];
      index /= g.extents[d];
      to += place[at] * g.to[at];
      from += place[at] * g.from[at];
    }
  }
  void step() {
    for (int d = dims - 1; d >= 0; --d) {
      const auto at = static_cast<size_t>(d);
      to += g.to[at];
      from += g.from[at];
      if (++place[at] < g.extents[d]) return;
      to -= g.extents[d] * g.to[at];
      from -= g.extents[d] * g.from[at];
      place[at] = 0;
    }
  }
  E* to;
  const E* from;
  const StridedCopy& g;
  int dims;
  std::array<int64_t, Shape::max_rank> place{};
};

// Row by row of the last dimension.
template <class E, class F>
void by_rows(E* y, const E* x, const StridedCopy& g, F put) {
  const int outer = g.rank() - 1;
  const auto last = static_cast<size_t>(outer);
  const int64_t length = g.extents[outer], to_step = g.to[last], from_step = g.from[last];
  const int64_t chunk = std::min(length, elements_per_task), chunks = divide_up(length, chunk);
  const int64_t rows = g.extents.numel() / length;
  parallel_ranges(rows * chunks, rows_per_task(chunk), [&](int64_t first, int64_t end) {
    Walk<E> at(y, x, g, outer, first / chunks);
    for (int64_t unit = first, part = first % chunks; unit < end; ++unit) {
      const int64_t begin = part * chunk, n = std::min(chunk, length - begin);
      E* to = at.to + begin * to_step;
      const E* from = at.from + begin * from_step;
      if (to_step == 1 && from_step == 1)
        for (int64_t i = 0; i < n; ++i) put(to[i], from[i]);
      else if (to_step == 1 && from_step == 0)
        for (int64_t i = 0; i < n; ++i) put(to[i], *from);
      else
        for (int64_t i = 0; i < n; ++i) put(to[i * to_step], from[i * from_step]);
      if (++part == chunks) part = 0, at.step();
    }
  });
}

constexpr int64_t tile = 32, least_tile = 8;  // fewer columns, or rows, are no tile: long rows are copied, with strides

// The same copy with dimension d as the last.
StridedCopy exchanged(StridedCopy g, int d) {
  const auto a = static_cast<size_t>(d), b = static_cast<size_t>(g.rank() - 1);
  const int64_t extent = g.extents[d];
  g.extents.set(d, g.extents[-1]);
  g.extents.set(-1, extent);
  std::swap(g.to[a], g.to[b]);
  std::swap(g.from[a], g.from[b]);
  return g;
}

// to[i * tile + j] = from[j * stride + i] for four columns and rows, or two of 8 bytes, in registers of 16 bytes, whose
// shuffles every instruction set has: no dispatch for them.
template <class E>
void turn_block(E* to, const E* from, int64_t stride) {
  using Vector [[gnu::vector_size(16)]] = E;
  const auto load = [&](int64_t row) {
    Vector v;
    std::memcpy(&v, from + row * stride, sizeof(v));
    return v;
  };
  const auto store = [&](int64_t row, Vector v) { std::memcpy(to + row * tile, &v, sizeof(v)); };
  if constexpr (sizeof(E) == 8) {
    const Vector a = load(0), b = load(1);
    store(0, __builtin_shufflevector(a, b, 0, 2));
    store(1, __builtin_shufflevector(a, b, 1, 3));
  } else {
    const Vector a = load(0), b = load(1), c = load(2), d = load(3);
    const Vector ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Vector ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    store(0, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
    store(1, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
    store(2, __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5));
    store(3, __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7));
  }
}

// The same for `columns` and `rows`, at most `tile` of each.
template <class E>
void turn_tile(E* to, const E* from, int64_t stride, int64_t columns, int64_t rows) {
  int64_t whole_columns = 0, whole_rows = 0;
  if constexpr (sizeof(E) >= 4) {
    constexpr auto side = static_cast<int64_t>(16 / sizeof(E));
    whole_columns = columns / side * side;
    whole_rows = rows / side * side;
    for (int64_t j = 0; j < whole_rows; j += side)
      for (int64_t i = 0; i < whole_columns; i += side) turn_block(to + i * tile + j, from + j * stride + i, stride);
  }
  for (int64_t j = 0; j < rows; ++j)
    for (int64_t i = j < whole_rows ? whole_columns : 0; i < columns; ++i) to[i * tile + j] = from[j * stride + i];
}

// `from` is contiguous along dimension `across`, `to` along the last one. A tile is read row by row into a buffer of
// the first-level cache and written row by row: rows of a matrix that lie a power of two apart share the cache's sets.
template <class E, class F>
void by_tiles(E* y, const E* x, const StridedCopy& g, int across, F put) {
  const auto a = static_cast<size_t>(across), b = static_cast<size_t>(g.rank() - 1);
  const int64_t width = g.extents[across], height = g.extents[g.rank() - 1];
  const int64_t tiles_a = divide_up(width, tile), tiles_b = divide_up(height, tile);
  StridedCopy others = g;  // the dimensions without these two
  others.extents.set(across, 1);
  others.extents.set(-1, 1);
  const int64_t boxes = others.extents.numel(), units = boxes * tiles_a * tiles_b;
  parallel_ranges(units, elements_per_task / (tile * tile), [&](int64_t first, int64_t end) {
    alignas(64) E buffer[tile * tile];
    for (int64_t unit = first; unit < end; ++unit) {
      const Walk<E> box(y, x, others, others.rank(), unit / (tiles_a * tiles_b));
      const int64_t a0 = unit / tiles_b % tiles_a * tile, b0 = unit % tiles_b * tile;
      const int64_t na = std::min(tile, width - a0), nb = std::min(tile, height - b0);
      const E* from = box.from + a0 + b0 * g.from[b];
      E* to = box.to + a0 * g.to[a] + b0;
      turn_tile(buffer, from, g.from[b], na, nb);
      for (int64_t i = 0; i < na; ++i)
        for (int64_t j = 0; j < nb; ++j) put(to[i * g.to[a] + j], buffer[i * tile + j]);
    }
  });
}

template <class E, class F>
void run(void* y, const void* x, const StridedCopy& g, F put) {
  E* to = static_cast<E*>(y) + g.to_first;
  const E* from = static_cast<const E*>(x) + g.from_first;
  if (g.rank() == 0) return put(*to, *from);
  const auto last = static_cast<size_t>(g.rank() - 1);
  if (g.to[last] == 1 && g.from[last] != 1 && g.from[last] != 0)
    for (int d = 0; d < g.rank() - 1; ++d) {
      if (g.from[static_cast<size_t>(d)] != 1) continue;
      if (std::min(g.extents[d], g.extents[-1]) >= least_tile) return by_tiles(to, from, g, d, put);
      return by_rows(to, from, g.extents[d] > g.extents[-1] ? exchanged(g, d) : g, put);
    }
  by_rows(to, from, g, put);
}

bool aligned(const void* y, const void* x, size_t size) {
  return (reinterpret_cast<uintptr_t>(y) | reinterpret_cast<uintptr_t>(x)) % size == 0;
}

}  // namespace

void cpu::copy_strided(Tensor& y, const Tensor& x, const StridedCopy& copy) {
  if (copy.extents.numel() == 0) return;
  StridedCopy g = simplified(copy);
  size_t size = size_of(x.dtype());
  void* to = y.bytes_data();
  const void* from = x.bytes_data();
  while (size < 8 && aligned(to, from, 2 * size) && widen(g)) {
    size *= 2;
    g = simplified(g);
  }
  switch (size) {
    case 1:
      return run<uint8_t>(to, from, g, Assign{});
    case 2:
      return run<uint16_t>(to, from, g, Assign{});
    case 4:
      return run<uint32_t>(to, from, g, Assign{});
    default:
      return run<uint64_t>(to, from, g, Assign{});
  }
}

void cpu::accumulate_strided(Tensor& y, const Tensor& x, const StridedCopy& copy) {
  if (copy.extents.numel() == 0) return;
  dispatch_float("accumulate", y.dtype(),
                 [&]<class T>() { run<T>(y.bytes_data(), x.bytes_data(), simplified(copy), AddTo{}); });
}

}  // namespace radial
