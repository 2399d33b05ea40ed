// The loops of pointwise ops on the CPU. Where inputs are read again and again (core/ops/broadcast.h), short runs of
// what they come to are put side by side first, so that there is one loop a formula, over elements that lie in a row.
#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/pointwise_loops_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_FORMULA_LOOPS
#define RADIAL_FORMULA_LOOPS
namespace radial {

// One function a formula, by its place in the variant.
template <class T>
struct FormulaLoops {
  template <class Function, class Variant>
  using Each = std::array<Function, std::variant_size_v<Variant>>;
  Each<void (*)(T* y, const T* x, int64_t n, const UnaryFormula&), UnaryFormula> unary_forward;
  Each<void (*)(T* dx, const T* dy, const T* kept, int64_t n, const UnaryFormula&), UnaryFormula> unary_backward;
  Each<void (*)(T* y, const T* a, const T* b, int64_t n, const BinaryFormula&), BinaryFormula> binary_forward;
  Each<void (*)(T* d, const T* dy, const T* a, const T* b, int64_t n, const BinaryFormula&, int side), BinaryFormula>
      binary_backward;
  void (*add)(T* y, const T* x, int64_t n);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

// Plain loops: the compiler makes vectors of them for the instruction set of this namespace.
template <class T>
struct LoopsOf {
  template <class Formula>
  static void unary_forward(T* y, const T* x, int64_t n, const UnaryFormula& formula) {
    const Formula f = *std::get_if<Formula>(&formula);
    for (int64_t i = 0; i < n; ++i) y[i] = f.forward(x[i]);
  }

  template <class Formula>
  static void unary_backward(T* dx, const T* dy, const T* kept, int64_t n, const UnaryFormula& formula) {
    const Formula f = *std::get_if<Formula>(&formula);
    for (int64_t i = 0; i < n; ++i) dx[i] = f.backward(dy[i], kept[i]);
  }

  template <class Formula>
  static void binary_forward(T* y, const T* a, const T* b, int64_t n, const BinaryFormula& formula) {
    const Formula f = *std::get_if<Formula>(&formula);
    for (int64_t i = 0; i < n; ++i) y[i] = f.forward(a[i], b[i]);
  }

  template <class Formula>
  static void binary_backward(T* d, const T* dy, const T* a, const T* b, int64_t n, const BinaryFormula& formula,
                              int side) {
    const Formula f = *std::get_if<Formula>(&formula);
    if (side == 0)
      for (int64_t i = 0; i < n; ++i) d[i] = f.backward_a(dy[i], a[i], b[i]);
    else
      for (int64_t i = 0; i < n; ++i) d[i] = f.backward_b(dy[i], a[i], b[i]);
  }

  static void add(T* y, const T* x, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] += x[i];
  }

  template <class... Unary, class... Binary>
  static constexpr FormulaLoops<T> all(const std::variant<Unary...>*, const std::variant<Binary...>*) {
    return {{unary_forward<Unary>...},
            {unary_backward<Unary>...},
            {binary_forward<Binary>...},
            {binary_backward<Binary>...},
            add};
  }
};

template <class T>
constexpr FormulaLoops<T> formula_loops = LoopsOf<T>::all(static_cast<const UnaryFormula*>(nullptr),
                                                          static_cast<const BinaryFormula*>(nullptr));

const FormulaLoops<float>& formula_loops_f32() { return formula_loops<float>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial {

namespace {

HWY_EXPORT(formula_loops_f32);

// float64 is the oracle and has the loops of the oldest instruction set alone.
template <class T>
const FormulaLoops<T>& loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(formula_loops_f32)();
  else
    return HWY_NAMESPACE::formula_loops<double>;
}

constexpr int64_t longest_run = 1024;

// Elements of one input in the order of the result's.
template <class T>
class Reader {
 public:
  Reader(const T* x, const Broadcast& g, int input) : x_(x), g_(g), strides_(g.strides[input]) {
    whole_ = std::all_of(strides_, strides_ + g.rank, [](int64_t stride) { return stride != 0; });
    if (g.rank == 0) return;
    inner_ = g.extents[g.rank - 1];
    moves_ = strides_[g.rank - 1] != 0;
    rows_move_ = std::any_of(strides_, strides_ + g.rank - 1, [](int64_t stride) { return stride != 0; });
  }

  // n elements of the result from `begin` on, n at most longest_run: in place, or put together in the buffer. `again`:
  // the run before was as long and began at the same place of a row.
  const T* run(int64_t begin, int64_t n, bool again) {
    if (whole_) return x_ + begin;
    const int64_t row = begin / inner_;
    int64_t at = begin % inner_;
    if (moves_ && at + n <= inner_) return x_ + offset(row) + at;
    if (again && !rows_move_) return buffer_;
    for (int64_t done = 0, r = row; done < n; ++r, at = 0) {
      const int64_t count = std::min(n - done, inner_ - at);
      const T* from = x_ + offset(r);
      if (moves_)
        std::copy_n(from + at, count, buffer_ + done);
      else
        std::fill_n(buffer_ + done, count, *from);
      done += count;
    }
    return buffer_;
  }

 private:
  int64_t offset(int64_t row) const {
    int64_t offset = 0;
    for (int d = g_.rank - 2; d > 0; --d) {
      offset += row % g_.extents[d] * strides_[d];
      row /= g_.extents[d];
    }
    return g_.rank > 1 ? offset + row * strides_[0] : 0;
  }

  const T* x_;
  const Broadcast& g_;
  const int64_t* strides_;
  int64_t inner_ = 1;
  bool whole_ = false;  // it is never read again
  bool moves_ = false, rows_move_ = false;
  T buffer_[longest_run];
};

// f(begin, n, again) for runs of the result's n elements; whole rows where they are short.
template <class F>
void each_run(const Broadcast& g, int64_t begin, int64_t end, F&& f) {
  if (g.same) return f(begin, end - begin, false);
  const int64_t inner = g.rank == 0 ? 1 : g.extents[g.rank - 1];
  const int64_t run = inner < longest_run ? longest_run / inner * inner : longest_run;
  bool again = false;
  for (int64_t i = begin; i < end; i += run) {
    f(i, std::min(run, end - i), again && (run % inner == 0 || g.rank < 2));
    again = true;
  }
}

// f(begin, end) in pieces; with a buffer of T's for a piece's gradient where it is to be added.
template <class T, class F>
void write_or_add(T* to, int64_t n, bool accumulate, F&& write) {
  if (!accumulate) return write(to, 0, n);
  T run[longest_run];
  for (int64_t i = 0; i < n; i += longest_run) {
    const int64_t count = std::min(longest_run, n - i);
    write(run, i, count);
    loops_of<T>().add(to + i, run, count);
  }
}

}  // namespace

void cpu::unary_forward(Tensor& y, const Tensor& x, const UnaryFormula& formula) {
  dispatch_float("unary", y.dtype(), [&]<class T>() {
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), from = x.data<T>()](int64_t begin, int64_t end) {
                      loops_of<T>().unary_forward[formula.index()](to + begin, from + begin, end - begin, formula);
                    });
  });
}

void cpu::unary_backward(Tensor& dx, const Tensor& dy, const Tensor& kept, const UnaryFormula& formula,
                         bool accumulate) {
  dispatch_float("unary", dx.dtype(), [&]<class T>() {
    const auto loop = loops_of<T>().unary_backward[formula.index()];
    parallel_ranges(dx.numel(), elements_per_task,
                    [&, to = dx.data<T>(), from = dy.data<T>(), k = kept.data<T>()](int64_t begin, int64_t end) {
                      write_or_add(to + begin, end - begin, accumulate, [&](T* d, int64_t i, int64_t n) {
                        loop(d, from + begin + i, k + begin + i, n, formula);
                      });
                    });
  });
}

void cpu::binary_forward(Tensor& y, const Tensor& a, const Tensor& b, const BinaryFormula& formula,
                         const Broadcast& g) {
  dispatch_float("binary", y.dtype(), [&]<class T>() {
    const auto loop = loops_of<T>().binary_forward[formula.index()];
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), u = a.data<T>(), v = b.data<T>()](int64_t begin, int64_t end) {
                      Reader<T> of_a(u, g, 0), of_b(v, g, 1);
                      each_run(g, begin, end, [&](int64_t i, int64_t n, bool again) {
                        loop(to + i, of_a.run(i, n, again), of_b.run(i, n, again), n, formula);
                      });
                    });
  });
}

void cpu::binary_backward(Tensor& d, const Tensor& dy, const Tensor& a, const Tensor& b, const BinaryFormula& formula,
                          int side, const Broadcast& g, bool accumulate) {
  dispatch_float("binary", d.dtype(), [&]<class T>() {
    const auto loop = loops_of<T>().binary_backward[formula.index()];
    parallel_ranges(
        d.numel(), elements_per_task,
        [&, to = d.data<T>(), from = dy.data<T>(), u = a.data<T>(), v = b.data<T>()](int64_t begin, int64_t end) {
          Reader<T> of_a(u, g, 1), of_b(v, g, 2);
          each_run(g, begin, end, [&](int64_t i, int64_t n, bool again) {
            // Where runs are put together they are short enough to be added at once.
            const T *x = of_a.run(i, n, again), *z = of_b.run(i, n, again);
            write_or_add(to + i, n, accumulate, [&](T* part, int64_t k, int64_t count) {
              loop(part, from + i + k, x + k, z + k, count, formula, side);
            });
          });
        });
  });
}

void cpu::compare(Tensor& y, const Tensor& a, const Tensor& b, const Comparison& comparison, const Broadcast& g) {
  std::visit(
      [&](const auto& f) {
        dispatch_number("compare", a.dtype(), [&]<class T>() {
          parallel_ranges(y.numel(), elements_per_task,
                          [&, to = y.data<uint8_t>(), u = a.data<T>(), v = b.data<T>()](int64_t begin, int64_t end) {
                            Reader<T> of_a(u, g, 0), of_b(v, g, 1);
                            each_run(g, begin, end, [&](int64_t i, int64_t n, bool again) {
                              const T *x = of_a.run(i, n, again), *z = of_b.run(i, n, again);
                              for (int64_t k = 0; k < n; ++k) to[i + k] = f.forward(x[k], z[k]) ? 1 : 0;
                            });
                          });
        });
      },
      comparison);
}

void cpu::where(Tensor& y, const Tensor& condition, const Tensor& a, const Tensor& b, const Broadcast& g) {
  dispatch_number("where", a.dtype(), [&]<class T>() {
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), c = condition.data<uint8_t>(), u = a.data<T>(), v = b.data<T>()](
                        int64_t begin, int64_t end) {
                      Reader<uint8_t> of_condition(c, g, 0);
                      Reader<T> of_a(u, g, 1), of_b(v, g, 2);
                      each_run(g, begin, end, [&](int64_t i, int64_t n, bool again) {
                        const uint8_t* chosen = of_condition.run(i, n, again);
                        const T *x = of_a.run(i, n, again), *z = of_b.run(i, n, again);
                        for (int64_t k = 0; k < n; ++k) to[i + k] = chosen[k] != 0 ? x[k] : z[k];
                      });
                    });
  });
}

}  // namespace radial
#endif
