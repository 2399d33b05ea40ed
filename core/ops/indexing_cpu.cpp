// Indices were checked by the op.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

namespace {

template <class F>
void dispatch_size(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1:
      return f.template operator()<uint8_t>();
    case 2:
      return f.template operator()<uint16_t>();
    case 4:
      return f.template operator()<uint32_t>();
    default:
      return f.template operator()<uint64_t>();
  }
}

template <class E>
void copy_slices(E* y, const E* x, const int32_t* index, const Indexed& g) {
  const auto [outer, count, inner] = g.lanes;
  parallel_ranges(outer * g.picked, rows_per_task(inner),
                  [&, count = count, inner = inner](int64_t first, int64_t end) {
                    for (int64_t row = first; row < end; ++row)
                      std::copy_n(x + (row / g.picked * count + index[row % g.picked]) * inner, inner, y + row * inner);
                  });
}

// An index for each element. Where a slab of x is large, lanes of a line of the cache are read in all of their places
// before the next: these lines stay in the cache.
template <class E>
void copy_elements(E* y, const E* x, const int32_t* index, const Indexed& g) {
  constexpr int64_t line = 64 / sizeof(E), large = (int64_t{1} << 20) / sizeof(E);
  const auto [outer, count, inner] = g.lanes;
  const int64_t width = count * inner > large ? std::min(line, inner) : inner, blocks = divide_up(inner, width);
  parallel_ranges(outer * blocks * g.picked, rows_per_task(width),
                  [&, count = count, inner = inner](int64_t first, int64_t end) {
                    for (int64_t unit = first; unit < end; ++unit) {
                      const int64_t k = unit % g.picked, o = unit / g.picked / blocks;
                      const int64_t begin = unit / g.picked % blocks * width, last = std::min(begin + width, inner);
                      const int64_t row = (o * g.picked + k) * inner;
                      const E* from = x + o * count * inner;
                      for (int64_t i = begin; i < last; ++i) y[row + i] = from[index[row + i] * inner + i];
                    }
                  });
}

// Positions in y in the order of what they name: those of row r are places[begin[r]] ... places[begin[r + 1] - 1],
// ascending.
struct Sorted {
  std::vector<int64_t> begin, places;

  Sorted(const int32_t* index, int64_t picked, int64_t rows)
      : begin(static_cast<size_t>(rows) + 1), places(static_cast<size_t>(picked)) {
    for (int64_t k = 0; k < picked; ++k) ++begin[static_cast<size_t>(index[k]) + 1];
    for (size_t r = 1; r < begin.size(); ++r) begin[r] += begin[r - 1];
    std::vector<int64_t> next(begin.begin(), begin.end() - 1);
    for (int64_t k = 0; k < picked; ++k) places[static_cast<size_t>(next[static_cast<size_t>(index[k])]++)] = k;
  }
};

// Slices of `inner` elements, which all lanes take alike: a task has rows of x of its own.
template <class T>
void add_slices(T* x, const T* y, const int32_t* index, const Indexed& g) {
  const auto [outer, count, inner] = g.lanes;
  const Sorted sorted(index, g.picked, count);
  const int64_t rows = outer * count, per_row = inner * (1 + g.picked / std::max<int64_t>(count, 1));
  parallel_ranges(rows, rows_per_task(per_row), [&, count = count, inner = inner](int64_t first, int64_t end) {
    for (int64_t row = first; row < end; ++row) {
      const auto r = static_cast<size_t>(row % count);
      if (static_cast<int64_t>(r) == g.skip) continue;
      T* to = x + row * inner;
      for (int64_t at = sorted.begin[r]; at < sorted.begin[r + 1]; ++at) {
        const T* from = y + (row / count * g.picked + sorted.places[static_cast<size_t>(at)]) * inner;
        for (int64_t i = 0; i < inner; ++i) to[i] += from[i];
      }
    }
  });
}

// An index for each element: a task has lanes of its own, whole lines of the cache and an eighth of them.
template <class T>
void add_elements(T* x, const T* y, const int32_t* index, const Indexed& g) {
  const auto [outer, count, inner] = g.lanes;
  const int64_t width = std::min(inner, std::clamp<int64_t>(inner / 8 / 16 * 16, 16, 256));
  const int64_t blocks = divide_up(inner, width);
  parallel_ranges(outer * blocks, rows_per_task(g.picked * width),
                  [&, count = count, inner = inner](int64_t first, int64_t end) {
                    for (int64_t unit = first; unit < end; ++unit) {
                      const int64_t o = unit / blocks, begin = unit % blocks * width;
                      const int64_t last = std::min(begin + width, inner);
                      for (int64_t k = 0; k < g.picked; ++k)
                        for (int64_t i = begin; i < last; ++i) {
                          const int64_t at = (o * g.picked + k) * inner + i;
                          if (index[at] != g.skip) x[(o * count + index[at]) * inner + i] += y[at];
                        }
                    }
                  });
}

}  // namespace

void cpu::gather_indexed(Tensor& y, const Tensor& x, const Tensor& index, const Indexed& g) {
  dispatch_size(x.dtype(), [&]<class E>() {
    E* to = static_cast<E*>(y.bytes_data());
    const E* from = static_cast<const E*>(x.bytes_data());
    if (g.shared)
      copy_slices(to, from, index.data<int32_t>(), g);
    else
      copy_elements(to, from, index.data<int32_t>(), g);
  });
}

void cpu::scatter_add_indexed(Tensor& x, const Tensor& y, const Tensor& index, const Indexed& g) {
  dispatch_float("scatter_add", y.dtype(), [&]<class T>() {
    if (g.shared || (g.lanes.outer == 1 && g.lanes.inner == 1))
      add_slices(x.data<T>(), y.data<T>(), index.data<int32_t>(), g);
    else
      add_elements(x.data<T>(), y.data<T>(), index.data<int32_t>(), g);
  });
}

void cpu::one_hot(Tensor& y, const Tensor& index) {
  cpu::fill(y, 0);
  const int64_t classes = y.channels();
  dispatch_number("one_hot", y.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    const int32_t* which = index.data<int32_t>();
    for (int64_t i = 0; i < index.numel(); ++i) to[i * classes + which[i]] = 1;
  });
}

void cpu::arange(Tensor& y, double begin, double step) {
  dispatch_number("arange", y.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    for (int64_t i = 0; i < y.numel(); ++i) to[i] = static_cast<T>(begin + static_cast<double>(i) * step);
  });
}

void cpu::cumsum(Tensor& y, const Tensor& x, const Lanes& lanes, bool backwards) {
  const auto [outer, count, inner] = lanes;
  const int64_t width = std::min<int64_t>(inner, 256), blocks = divide_up(inner, width);
  dispatch_float("cumsum", x.dtype(), [&, outer = outer, count = count, inner = inner]<class T>() {
    const T* const from = x.data<T>();
    T* const to = y.data<T>();
    parallel_ranges(outer * blocks, rows_per_task(count * width), [&](int64_t first, int64_t end) {
      std::array<double, 256> sums;
      for (int64_t unit = first; unit < end; ++unit) {
        const int64_t begin = unit % blocks * width, n = std::min(width, inner - begin);
        const int64_t base = unit / blocks * count * inner + begin;
        const int64_t start = backwards ? base + (count - 1) * inner : base, step = backwards ? -inner : inner;
        if (n == 1) {
          double sum = 0;
          for (int64_t s = 0, at = start; s < count; ++s, at += step)
            to[at] = static_cast<T>(sum += static_cast<double>(from[at]));
          continue;
        }
        sums.fill(0);
        for (int64_t s = 0, at = start; s < count; ++s, at += step)
          for (int64_t i = 0; i < n; ++i)
            to[at + i] = static_cast<T>(sums[static_cast<size_t>(i)] += static_cast<double>(from[at + i]));
      }
    });
  });
}

}  // namespace radial
