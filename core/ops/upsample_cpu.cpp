// Along the columns of the result, then along its rows: one line is a blend of two lines, one pixel of two pixels.
#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/upsample_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_UPSAMPLE_LOOPS
#define RADIAL_UPSAMPLE_LOOPS
namespace radial {

template <class T>
struct UpsampleLoops {
  void (*blend)(T* y, const T* a, const T* b, T weight_of_b, int64_t count);  // y = (1 - weight) a + weight b
  void (*add)(T* y, const T* x, T weight, int64_t count);                     // y += weight x
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct Upsample {
  static void blend(T* __restrict y, const T* a, const T* b, T weight_of_b, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = (T(1) - weight_of_b) * a[i] + weight_of_b * b[i];
  }
  static void add(T* __restrict y, const T* x, T weight, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] += weight * x[i];
  }
};

template <class T>
constexpr UpsampleLoops<T> upsample_loops{Upsample<T>::blend, Upsample<T>::add};

const UpsampleLoops<float>& upsample_f32() { return upsample_loops<float>; }
const UpsampleLoops<double>& upsample_f64() { return upsample_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <vector>

namespace radial {

namespace {

HWY_EXPORT(upsample_f32);
HWY_EXPORT(upsample_f64);

template <class T>
const UpsampleLoops<T>& upsample_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(upsample_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(upsample_f64)();
}

std::vector<UpsampleAxis::Neighbours> neighbours_of(const UpsampleAxis& axis) {
  std::vector<UpsampleAxis::Neighbours> all;
  for (int64_t i = 0; i < axis.to; ++i) all.push_back(axis.at(i));
  return all;
}

// The same pairs seen from x: those of pixel j are entries[first[j]], ..., entries[first[j + 1] - 1].
struct UpsampleUsers {
  struct Entry {
    int64_t pixel;
    double weight;
  };
  std::vector<Entry> entries;
  std::vector<size_t> first = {0};

  explicit UpsampleUsers(const UpsampleAxis& axis) {
    for (int64_t j = 0; j < axis.from; ++j) {
      const auto [begin, end] = axis.users(j);
      for (int64_t i = begin; i < end; ++i)
        if (const double weight = axis.weight(i, j); weight != 0) entries.push_back({i, weight});
      first.push_back(entries.size());
    }
  }
};

}  // namespace

void cpu::upsample_forward(Tensor& y, const Tensor& x, const UpsampleGeometry& g) {
  const auto rows = neighbours_of(g.rows), columns = neighbours_of(g.columns);
  const int64_t from = g.columns.from * g.c, to = g.columns.to * g.c;  // elements of a line
  dispatch_float("upsample", x.dtype(), [&]<class T>() {
    const auto& loops = upsample_loops_of<T>();
    parallel_ranges(g.n * g.rows.to, rows_per_task(to), [&](int64_t begin, int64_t end) {
      std::vector<T> blended(static_cast<size_t>(from));
      for (int64_t line = begin; line < end; ++line) {
        const auto& row = rows[static_cast<size_t>(line % g.rows.to)];
        const T* picture = x.data<T>() + line / g.rows.to * g.rows.from * from;
        const T* source = picture + row.first * from;
        if (row.weight != 0) {
          loops.blend(blended.data(), source, picture + row.second * from, static_cast<T>(row.weight), from);
          source = blended.data();
        }
        T* pixel = y.data<T>() + line * to;
        for (const auto& column : columns) {
          if (column.weight == 0)
            std::copy_n(source + column.first * g.c, g.c, pixel);
          else
            loops.blend(pixel, source + column.first * g.c, source + column.second * g.c, static_cast<T>(column.weight),
                        g.c);
          pixel += g.c;
        }
      }
    });
  });
}

void cpu::upsample_backward(Tensor& dx, const Tensor& dy, const UpsampleGeometry& g) {
  const UpsampleUsers rows(g.rows), columns(g.columns);
  const int64_t to = g.columns.from * g.c, from = g.columns.to * g.c;  // elements of a line
  dispatch_float("upsample", dy.dtype(), [&]<class T>() {
    const auto& loops = upsample_loops_of<T>();
    parallel_ranges(g.n * g.rows.from, rows_per_task(to + from), [&](int64_t begin, int64_t end) {
      std::vector<T> sum(static_cast<size_t>(from));
      for (int64_t line = begin; line < end; ++line) {
        const auto j = static_cast<size_t>(line % g.rows.from);
        const T* picture = dy.data<T>() + line / g.rows.from * g.rows.to * from;
        std::fill(sum.begin(), sum.end(), T(0));
        for (size_t e = rows.first[j]; e < rows.first[j + 1]; ++e)
          loops.add(sum.data(), picture + rows.entries[e].pixel * from, static_cast<T>(rows.entries[e].weight), from);
        T* pixel = dx.data<T>() + line * to;
        for (size_t k = 0; k + 1 < columns.first.size(); ++k, pixel += g.c) {
          std::fill_n(pixel, g.c, T(0));
          for (size_t e = columns.first[k]; e < columns.first[k + 1]; ++e)
            loops.add(pixel, sum.data() + columns.entries[e].pixel * g.c, static_cast<T>(columns.entries[e].weight),
                      g.c);
        }
      }
    });
  });
}

}  // namespace radial
#endif
