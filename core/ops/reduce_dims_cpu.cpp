// Reductions along dimensions. A task reduces some rows of a block of columns to two doubles a column; where there are
// few columns the rows are cut, too, and what the parts came to is combined in order.
#include "core/kernels.h"
#include "core/ops/pointwise_math.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/reduce_dims_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_REDUCE_DIMS_LOOPS
#define RADIAL_REDUCE_DIMS_LOOPS
#include <algorithm>
#include <cmath>
#include <limits>

namespace radial {

// What n rows of a column come to:
//   sum, logsumexp   a = the sum, of exp(x - b); b = the largest
//   max, min         a = the value, b = its row
//   variance         a = the sum of squares about b, the mean
struct ReducedColumns {
  double *a, *b;
};

constexpr int64_t most_columns = 1024;  // of a block

template <class T>
struct ReduceLoops {
  // x [rows, columns], its rows `stride` apart; the first is row number `first`.
  void (*columns)(Reduction::Kind kind, ReducedColumns y, const T* x, int64_t rows, int64_t columns, int64_t stride,
                  int64_t first);
  // The same of `lanes` columns that are contiguous: x [lanes, rows].
  void (*lanes)(Reduction::Kind kind, ReducedColumns y, const T* x, int64_t lanes, int64_t rows, int64_t first);
  // dx [lanes, count] from dy, kept [lanes]; row numbers begin with `first`.
  void (*lanes_backward)(Reduction::Kind kind, T* dx, const T* dy, const T* x, const T* kept, const int32_t* index,
                         T factor, int64_t lanes, int64_t count, int64_t first);
  // A row of dx from rows of the others.
  void (*row_backward)(Reduction::Kind kind, T* dx, const T* dy, const T* x, const T* kept, const int32_t* index,
                       T factor, int64_t columns, int64_t row);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

using Kind = Reduction::Kind;

template <class T>
constexpr T largest = std::numeric_limits<T>::infinity();

// Whether x comes before `best`: a NaN before all but another NaN, of equal ones none.
template <Kind kind, class T>
bool better(T x, T best) {
  return (kind == Kind::max ? x > best : x < best) | ((x != x) & (best == best));
}

// exp(x - shift) of the largest x: where that is infinite no number is taken off.
template <class T>
T shift_of(T top) {
  return std::isinf(top) ? T(0) : top;
}

template <class T>
struct Columns {
  static constexpr int64_t run = 32;  // rows that are summed in T

  static void sum(ReducedColumns y, const T* x, int64_t rows, int64_t columns, int64_t stride) {
    T scratch[most_columns];
    for (int64_t i = 0; i < columns; ++i) y.a[i] = 0;
    for (int64_t begin = 0; begin < rows; begin += run) {
      const int64_t end = begin + run < rows ? begin + run : rows;
      for (int64_t i = 0; i < columns; ++i) scratch[i] = 0;
      for (int64_t r = begin; r < end; ++r)
        for (int64_t i = 0; i < columns; ++i) scratch[i] += x[r * stride + i];
      for (int64_t i = 0; i < columns; ++i) y.a[i] += static_cast<double>(scratch[i]);
    }
  }

  template <Kind kind>
  static void extreme(ReducedColumns y, const T* x, int64_t rows, int64_t columns, int64_t stride, int64_t first) {
    T best[most_columns];
    int32_t row[most_columns];
    for (int64_t i = 0; i < columns; ++i) best[i] = x[i], row[i] = 0;
    for (int64_t r = 1; r < rows; ++r)
      for (int64_t i = 0; i < columns; ++i) {
        const T value = x[r * stride + i];
        const bool take = better<kind>(value, best[i]);
        best[i] = take ? value : best[i];
        row[i] = take ? static_cast<int32_t>(r) : row[i];
      }
    for (int64_t i = 0; i < columns; ++i) {
      y.a[i] = static_cast<double>(best[i]);
      y.b[i] = static_cast<double>(first + row[i]);
    }
  }

  static void logsumexp(ReducedColumns y, const T* x, int64_t rows, int64_t columns, int64_t stride) {
    T top[most_columns], scratch[most_columns];
    for (int64_t i = 0; i < columns; ++i) top[i] = -largest<T>, y.a[i] = 0;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < columns; ++i)
        top[i] = better<Kind::max>(x[r * stride + i], top[i]) ? x[r * stride + i] : top[i];
    for (int64_t i = 0; i < columns; ++i) y.b[i] = static_cast<double>(top[i]), top[i] = shift_of(top[i]);
    for (int64_t begin = 0; begin < rows; begin += run) {
      const int64_t end = begin + run < rows ? begin + run : rows;
      for (int64_t i = 0; i < columns; ++i) scratch[i] = 0;
      for (int64_t r = begin; r < end; ++r)
        for (int64_t i = 0; i < columns; ++i) scratch[i] += pointwise::exp(x[r * stride + i] - top[i]);
      for (int64_t i = 0; i < columns; ++i) y.a[i] += static_cast<double>(scratch[i]);
    }
  }

  static void variance(ReducedColumns y, const T* x, int64_t rows, int64_t columns, int64_t stride) {
    sum({y.b, nullptr}, x, rows, columns, stride);
    for (int64_t i = 0; i < columns; ++i) y.b[i] /= static_cast<double>(rows), y.a[i] = 0;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < columns; ++i) {
        const double d = static_cast<double>(x[r * stride + i]) - y.b[i];
        y.a[i] += d * d;
      }
  }

  static void of(Kind kind, ReducedColumns y, const T* x, int64_t rows, int64_t columns, int64_t stride,
                 int64_t first) {
    switch (kind) {
      case Kind::sum:
        return sum(y, x, rows, columns, stride);
      case Kind::max:
        return extreme<Kind::max>(y, x, rows, columns, stride, first);
      case Kind::min:
        return extreme<Kind::min>(y, x, rows, columns, stride, first);
      case Kind::logsumexp:
        return logsumexp(y, x, rows, columns, stride);
      case Kind::variance:
        return variance(y, x, rows, columns, stride);
    }
  }
};

template <class T>
struct ContiguousLanes {
  static double sum(const T* x, int64_t n) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (int64_t i = 0; i < n; ++i) total += static_cast<double>(x[i]);
    return total;
  }

  // The value alone; NaN if there is one.
  template <Kind kind>
  static T extreme(const T* x, int64_t n) {
    T best = kind == Kind::max ? -largest<T> : largest<T>;
    int32_t numbers = 0;
    if constexpr (kind == Kind::max) {
#pragma omp simd reduction(max : best) reduction(+ : numbers)
      for (int64_t i = 0; i < n; ++i) best = x[i] > best ? x[i] : best, numbers += x[i] == x[i] ? 1 : 0;
    } else {
#pragma omp simd reduction(min : best) reduction(+ : numbers)
      for (int64_t i = 0; i < n; ++i) best = x[i] < best ? x[i] : best, numbers += x[i] == x[i] ? 1 : 0;
    }
    return numbers == static_cast<int32_t>(n) ? best : std::numeric_limits<T>::quiet_NaN();
  }

  template <Kind kind>
  static void first_extreme(double& value, double& place, const T* x, int64_t n, int64_t first) {
    const T best = extreme<kind>(x, n);
    int64_t i = 0;
    if (best == best)
      while (x[i] != best) ++i;
    else
      while (x[i] == x[i]) ++i;
    value = static_cast<double>(best);
    place = static_cast<double>(first + i);
  }

  static double sum_of_exps(const T* x, T shift, int64_t n) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (int64_t i = 0; i < n; ++i) total += static_cast<double>(pointwise::exp(x[i] - shift));
    return total;
  }

  static double squares_about(const T* x, double mean, int64_t n) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (int64_t i = 0; i < n; ++i) {
      const double d = static_cast<double>(x[i]) - mean;
      total += d * d;
    }
    return total;
  }

  static void of(Kind kind, ReducedColumns y, const T* x, int64_t lanes, int64_t n, int64_t first) {
    for (int64_t lane = 0; lane < lanes; ++lane, x += n) {
      double &a = y.a[lane], &b = y.b[lane];
      switch (kind) {
        case Kind::sum:
          a = sum(x, n);
          break;
        case Kind::max:
          first_extreme<Kind::max>(a, b, x, n, first);
          break;
        case Kind::min:
          first_extreme<Kind::min>(a, b, x, n, first);
          break;
        case Kind::logsumexp: {
          const T top = extreme<Kind::max>(x, n);
          b = static_cast<double>(top);
          a = sum_of_exps(x, shift_of(top), n);
          break;
        }
        case Kind::variance:
          b = sum(x, n) / static_cast<double>(n);
          a = squares_about(x, b, n);
          break;
      }
    }
  }
};

// dx of one element from dy, x, what its lane kept, and whether it is the one that the lane's index names.
struct SumSlope {
  template <class T>
  static T of(T factor, T dy, T, T, bool) {
    return factor * dy;
  }
};
struct ExtremeSlope {
  template <class T>
  static T of(T, T dy, T, T, bool chosen) {
    return chosen ? dy : T(0);
  }
};
struct LogSumExpSlope {
  template <class T>
  static T of(T, T dy, T x, T y, bool) {
    return dy * pointwise::exp(x - y);
  }
};
struct VarianceSlope {
  template <class T>
  static T of(T factor, T dy, T x, T mean, bool) {
    return 2 * factor * dy * (x - mean);
  }
};

template <class F>
void with_slope(Kind kind, F&& f) {
  switch (kind) {
    case Kind::sum:
      return f(SumSlope{});
    case Kind::max:
    case Kind::min:
      return f(ExtremeSlope{});
    case Kind::logsumexp:
      return f(LogSumExpSlope{});
    case Kind::variance:
      return f(VarianceSlope{});
  }
}

template <class T>
struct Backwards {
  static void lanes(Kind kind, T* dx, const T* dy, const T* x, const T* kept, const int32_t* index, T factor,
                    int64_t lanes, int64_t count, int64_t first) {
    with_slope(kind, [&]<class S>(S) {
      for (int64_t l = 0; l < lanes; ++l) {
        const T d = dy[l], k = kept[l];
        const int64_t chosen = std::is_same_v<S, ExtremeSlope> ? index[l] - first : 0;
        for (int64_t r = 0; r < count; ++r) dx[l * count + r] = S::of(factor, d, x[l * count + r], k, r == chosen);
      }
    });
  }

  static void row(Kind kind, T* dx, const T* dy, const T* x, const T* kept, const int32_t* index, T factor,
                  int64_t columns, int64_t row) {
    const auto own = static_cast<int32_t>(row);
    with_slope(kind, [&]<class S>(S) {
      for (int64_t i = 0; i < columns; ++i) {
        bool chosen = false;
        if constexpr (std::is_same_v<S, ExtremeSlope>) chosen = index[i] == own;
        dx[i] = S::of(factor, dy[i], x[i], kept[i], chosen);
      }
    });
  }
};

template <class T>
constexpr ReduceLoops<T> reduce_loops{Columns<T>::of, ContiguousLanes<T>::of, Backwards<T>::lanes, Backwards<T>::row};

const ReduceLoops<float>& reduce_f32() { return reduce_loops<float>; }
const ReduceLoops<double>& reduce_f64() { return reduce_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <vector>

namespace radial {

namespace {

HWY_EXPORT(reduce_f32);
HWY_EXPORT(reduce_f64);

template <class T>
const ReduceLoops<T>& reduce_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(reduce_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(reduce_f64)();
}

using Kind = Reduction::Kind;

// Adds what n_b more rows came to.
void combine(Kind kind, double& a, double& b, double n_a, double more_a, double more_b, double n_b) {
  switch (kind) {
    case Kind::sum:
      a += more_a;
      return;
    case Kind::max:
    case Kind::min: {  // the rows come in order
      const bool take = (kind == Kind::max ? more_a > a : more_a < a) || (more_a != more_a && a == a);
      if (take) a = more_a, b = more_b;
      return;
    }
    case Kind::logsumexp: {
      const double top = b > more_b || b != b ? b : more_b;
      const auto in_terms_of_top = [top](double of) { return of == top ? 1 : std::exp(of - top); };
      a = a * in_terms_of_top(b) + more_a * in_terms_of_top(more_b);
      b = top;
      return;
    }
    case Kind::variance: {
      const double d = more_b - b, n = n_a + n_b;
      b += d * n_b / n;
      a += more_a + d * d * n_a * n_b / n;
      return;
    }
  }
}

template <class T>
struct Target {
  Target(Tensor& y, Tensor& kept, const Reduction& r)
      : reduction(r),
        value(y.data<T>()),
        index(kept && kept.dtype() == DType::i32 ? kept.data<int32_t>() : nullptr),
        mean(kept && !index ? kept.data<T>() : nullptr) {}

  void write(int64_t lane, double a, double b) const {
    switch (reduction.kind) {
      case Kind::logsumexp:
        value[lane] = static_cast<T>(std::log(a) + (std::isinf(b) ? 0 : b));
        return;
      case Kind::max:
      case Kind::min:
        value[lane] = static_cast<T>(a);
        if (index) index[lane] = static_cast<int32_t>(b);
        return;
      default:
        value[lane] = static_cast<T>(reduction.factor * a);
        if (mean) mean[lane] = static_cast<T>(b);
    }
  }

  const Reduction& reduction;
  T* value;
  int32_t* index;
  T* mean;
};

}  // namespace

void cpu::reduce_lanes(Tensor& y, Tensor& kept, const Tensor& x, const Reduction& reduction) {
  const auto [outer, count, inner] = reduction.lanes;
  dispatch_float("reduce", x.dtype(), [&, outer = outer, count = count, inner = inner]<class T>() {
    const Target<T> target(y, kept, reduction);
    const T* from = x.data<T>();
    const int64_t width = std::min(inner, most_columns), blocks = divide_up(inner, width);
    constexpr int64_t enough = 32;  // tasks, with each column's rows in one
    const int64_t least = std::max<int64_t>(1, elements_per_task / width);
    const int64_t part = outer * blocks >= enough || count <= least ? count : least;
    const int64_t parts = std::max<int64_t>(1, divide_up(count, std::max<int64_t>(part, 1)));

    if (inner == 1 && parts == 1) {
      parallel_ranges(outer, rows_per_task(count), [&](int64_t first, int64_t end) {
        double a[most_columns], b[most_columns];
        for (int64_t begin = first; begin < end; begin += most_columns) {
          const int64_t n = std::min(most_columns, end - begin);
          reduce_loops_of<T>().lanes(reduction.kind, {a, b}, from + begin * count, n, count, 0);
          for (int64_t i = 0; i < n; ++i) target.write(begin + i, a[i], b[i]);
        }
      });
      return;
    }
    std::vector<double> partial(static_cast<size_t>(parts > 1 ? 2 * outer * parts * inner : 0));
    parallel_ranges(outer * blocks * parts, rows_per_task(part * width), [&](int64_t first, int64_t end) {
      double own_a[most_columns], own_b[most_columns];
      for (int64_t unit = first; unit < end; ++unit) {
        const int64_t o = unit / (blocks * parts), k = unit / blocks % parts, column = unit % blocks * width;
        const int64_t n = std::min(width, inner - column), row = k * part, rows = std::min(part, count - row);
        const ReducedColumns to =
            parts == 1 ? ReducedColumns{own_a, own_b}
                       : ReducedColumns{&partial[static_cast<size_t>(((o * parts + k) * 2) * inner + column)],
                                        &partial[static_cast<size_t>(((o * parts + k) * 2 + 1) * inner + column)]};
        const T* at = from + (o * count + row) * inner + column;
        if (inner == 1)
          reduce_loops_of<T>().lanes(reduction.kind, to, at, 1, rows, row);
        else
          reduce_loops_of<T>().columns(reduction.kind, to, at, rows, n, inner, row);
        if (parts > 1) continue;
        for (int64_t i = 0; i < n; ++i) target.write(o * inner + column + i, own_a[i], own_b[i]);
      }
    });
    if (parts == 1) return;
    parallel_ranges(outer * inner, rows_per_task(parts), [&](int64_t first, int64_t end) {
      for (int64_t lane = first; lane < end; ++lane) {
        const double* at = partial.data() + lane / inner * parts * 2 * inner + lane % inner;
        double a = at[0], b = at[inner];
        for (int64_t k = 1; k < parts; ++k)
          combine(reduction.kind, a, b, static_cast<double>(k * part), at[2 * k * inner], at[(2 * k + 1) * inner],
                  static_cast<double>(std::min(part, count - k * part)));
        target.write(lane, a, b);
      }
    });
  });
}

void cpu::reduce_lanes_backward(Tensor& dx, const Tensor& dy, const Tensor& x, const Tensor& kept,
                                const Reduction& reduction) {
  const auto [outer, count, inner] = reduction.lanes;
  dispatch_float("reduce", dx.dtype(), [&, outer = outer, count = count, inner = inner]<class T>() {
    T* to = dx.data<T>();
    const T *slope = dy.data<T>(), *values = x ? x.data<T>() : to;  // what a kind does not use is something to read
    const bool indexed = kept && kept.dtype() == DType::i32;
    const auto index = [indexed, at = indexed ? kept.data<int32_t>() : nullptr](int64_t lane) {
      return indexed ? at + lane : nullptr;
    };
    const T *of_lane = kept && !indexed ? kept.data<T>() : slope, factor = static_cast<T>(reduction.factor);
    const int64_t length = inner == 1 ? count : inner, chunk = std::min(length, elements_per_task);
    const int64_t chunks = divide_up(length, chunk), rows = inner == 1 ? outer : outer * count;
    if (inner == 1 && chunks == 1) {
      parallel_ranges(rows, rows_per_task(count), [&](int64_t lane, int64_t end) {
        reduce_loops_of<T>().lanes_backward(reduction.kind, to + lane * count, slope + lane, values + lane * count,
                                            of_lane + lane, index(lane), factor, end - lane, count, 0);
      });
      return;
    }
    parallel_ranges(rows * chunks, rows_per_task(chunk), [&](int64_t first, int64_t end) {
      for (int64_t unit = first; unit < end; ++unit) {
        const int64_t row = unit / chunks, begin = unit % chunks * chunk, n = std::min(chunk, length - begin);
        const int64_t at = row * length + begin;
        if (inner == 1) {
          reduce_loops_of<T>().lanes_backward(reduction.kind, to + at, slope + row, values + at, of_lane + row,
                                              index(row), factor, 1, n, begin);
        } else {
          const int64_t lane = row / count * inner + begin;
          reduce_loops_of<T>().row_backward(reduction.kind, to + at, slope + lane, values + at, of_lane + lane,
                                            index(lane), factor, n, row % count);
        }
      }
    });
  });
}

}  // namespace radial
#endif
