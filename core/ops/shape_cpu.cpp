// Copies between strided boxes: rows where elements lie side by side in both, tiles where they do so along different
// dimensions, else element by element.
#include <algorithm>
#include <array>

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

// Where the boxes' element number `index` lies, counted over the dimensions without the last `inner` ones.
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

// Along the last dimension both boxes are contiguous, or repeat one element.
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

constexpr int64_t tile = 32;

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
    std::array<E, tile*(tile + 1)> buffer;
    for (int64_t unit = first; unit < end; ++unit) {
      const Walk<E> box(y, x, others, others.rank(), unit / (tiles_a * tiles_b));
      const int64_t a0 = unit / tiles_b % tiles_a * tile, b0 = unit % tiles_b * tile;
      const int64_t na = std::min(tile, width - a0), nb = std::min(tile, height - b0);
      const E* from = box.from + a0 + b0 * g.from[b];
      E* to = box.to + a0 * g.to[a] + b0;
      for (int64_t j = 0; j < nb; ++j)
        for (int64_t i = 0; i < na; ++i) buffer[static_cast<size_t>(j * (tile + 1) + i)] = from[j * g.from[b] + i];
      for (int64_t i = 0; i < na; ++i)
        for (int64_t j = 0; j < nb; ++j) put(to[i * g.to[a] + j], buffer[static_cast<size_t>(j * (tile + 1) + i)]);
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
    for (int d = 0; d < g.rank() - 1; ++d)
      if (g.from[static_cast<size_t>(d)] == 1) return by_tiles(to, from, g, d, put);
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
