#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/batch_norm_cpu.cpp"
#include <hwy/cache_control.h>

#include "core/simd/every_target.h"

#ifndef RADIAL_BATCH_NORM_LOOPS
#define RADIAL_BATCH_NORM_LOOPS
namespace radial {

// Loops over [rows, c]. `y` null: no ReLU behind the normalisation.
template <class T>
struct BatchNormLoops {
  // sums += x - shift, squares += (x - shift)^2
  void (*statistics)(double* sums, double* squares, T* scratch, const T* x, const T* shift, int64_t rows, int64_t c);
  // `far`: past the caches (core/simd/past_caches.h); y lies at a line of the cache and rows are whole lines then.
  void (*apply)(T* y, const T* x, const T* a, const T* b, const T* residual, bool relu, bool far, int64_t rows,
                int64_t c);
  // sums += dz, products += dz (x - mean), dz = dy but where y <= 0
  void (*backward_reduce)(double* sums, double* products, T* scratch, const T* dy, const T* y, const T* x,
                          const T* mean, int64_t rows, int64_t c);
  // dx (+)= dz a + x b + d; dresidual (+)= dz. Either may be null; dx may be dy.
  void (*backward_apply)(T* dx, bool add_dx, T* dresidual, bool add_dresidual, const T* dy, const T* y, const T* x,
                         const T* a, const T* b, const T* d, int64_t rows, int64_t c);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Plain loops: the compiler makes vectors of them for the instruction set of this namespace. Sums over rows go in T
// over short runs, so that they stay in vectors, and in double over the runs.
template <class T>
struct BatchNorm {
  static constexpr int64_t run = 32;
  using D = hn::CappedTag<T, 64 / sizeof(T)>;  // at most a line of the cache
  static constexpr auto lanes = static_cast<int64_t>(hn::MaxLanes(D()));

  static void statistics(double* __restrict sums, double* __restrict squares, T* __restrict scratch,
                         const T* __restrict x, const T* __restrict shift, int64_t rows, int64_t c) {
    T* __restrict s = scratch, * __restrict q = scratch + c;
    for (int64_t begin = 0; begin < rows; begin += run) {
      const int64_t end = begin + run < rows ? begin + run : rows;
      for (int64_t i = 0; i < 2 * c; ++i) scratch[i] = 0;
      for (int64_t r = begin; r < end; ++r) {
        for (int64_t i = 0; i < c; ++i) {
          const T d = x[r * c + i] - shift[i];
          s[i] += d;
          q[i] += d * d;
        }
      }
      for (int64_t i = 0; i < c; ++i) {
        sums[i] += s[i];
        squares[i] += q[i];
      }
    }
  }

  template <bool with_residual, bool relu>
  static void apply_rows(T* y, const T* x, const T* a, const T* b, const T* residual, int64_t rows, int64_t c) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < c; ++i) {
        T value = x[r * c + i] * a[i] + b[i];
        if constexpr (with_residual) value += residual[r * c + i];
        if constexpr (relu) value = value < 0 ? T(0) : value;
        y[r * c + i] = value;
      }
    }
  }

  // The same for rows of whole vectors, whose stores may go past the caches: the compiler makes none that do.
  template <bool with_residual, bool relu, bool far>
  static void apply_vectors(T* y, const T* x, const T* a, const T* b, const T* residual, int64_t rows, int64_t c) {
    const D d;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < c; i += lanes) {
        const int64_t j = r * c + i;
        auto value = hn::MulAdd(hn::LoadU(d, x + j), hn::LoadU(d, a + i), hn::LoadU(d, b + i));
        if constexpr (with_residual) value = hn::Add(value, hn::LoadU(d, residual + j));
        if constexpr (relu) value = hn::IfThenElse(hn::Lt(value, hn::Zero(d)), hn::Zero(d), value);
        if constexpr (far)
          hn::Stream(value, d, y + j);
        else
          hn::StoreU(value, d, y + j);
      }
    }
    if constexpr (far) hwy::FlushStream();  // other threads will read it
  }

  template <bool with_residual, bool relu>
  static void apply_kind(T* y, const T* x, const T* a, const T* b, const T* residual, bool far, int64_t rows,
                         int64_t c) {
    if (far)
      apply_vectors<with_residual, relu, true>(y, x, a, b, residual, rows, c);
    else if (c % lanes == 0)
      apply_vectors<with_residual, relu, false>(y, x, a, b, residual, rows, c);
    else
      apply_rows<with_residual, relu>(y, x, a, b, residual, rows, c);
  }

  static void apply(T* y, const T* x, const T* a, const T* b, const T* residual, bool relu, bool far, int64_t rows,
                    int64_t c) {
    if (residual && relu)
      apply_kind<true, true>(y, x, a, b, residual, far, rows, c);
    else if (residual)
      apply_kind<true, false>(y, x, a, b, residual, far, rows, c);
    else if (relu)
      apply_kind<false, true>(y, x, a, b, residual, far, rows, c);
    else
      apply_kind<false, false>(y, x, a, b, residual, far, rows, c);
  }

  template <bool masked>
  static void reduce_rows(double* __restrict sums, double* __restrict products, T* __restrict scratch,
                          const T* __restrict dy, const T* __restrict y, const T* __restrict x,
                          const T* __restrict mean, int64_t rows, int64_t c) {
    T* __restrict s = scratch, * __restrict q = scratch + c;
    for (int64_t begin = 0; begin < rows; begin += run) {
      const int64_t end = begin + run < rows ? begin + run : rows;
      for (int64_t i = 0; i < 2 * c; ++i) scratch[i] = 0;
      for (int64_t r = begin; r < end; ++r) {
        for (int64_t i = 0; i < c; ++i) {
          const int64_t j = r * c + i;
          T dz = dy[j];
          if constexpr (masked) dz = y[j] <= 0 ? T(0) : dz;
          s[i] += dz;
          q[i] += dz * (x[j] - mean[i]);
        }
      }
      for (int64_t i = 0; i < c; ++i) {
        sums[i] += s[i];
        products[i] += q[i];
      }
    }
  }

  static void backward_reduce(double* sums, double* products, T* scratch, const T* dy, const T* y, const T* x,
                              const T* mean, int64_t rows, int64_t c) {
    if (y)
      reduce_rows<true>(sums, products, scratch, dy, y, x, mean, rows, c);
    else
      reduce_rows<false>(sums, products, scratch, dy, y, x, mean, rows, c);
  }

  template <bool masked>
  static void residual_rows(T* dresidual, bool add, const T* dy, const T* y, int64_t n) {
    for (int64_t j = 0; j < n; ++j) {
      T dz = dy[j];
      if constexpr (masked) dz = y[j] <= 0 ? T(0) : dz;
      dresidual[j] = add ? dresidual[j] + dz : dz;
    }
  }

  template <bool masked, bool add>
  static void apply_back(T* dx, const T* dy, const T* y, const T* x, const T* a, const T* b, const T* d, int64_t c) {
#pragma omp simd
    for (int64_t i = 0; i < c; ++i) {
      T dz = dy[i];
      if constexpr (masked) dz = y[i] <= 0 ? T(0) : dz;
      const T value = dz * a[i] + x[i] * b[i] + d[i];
      if constexpr (add)
        dx[i] += value;
      else
        dx[i] = value;
    }
  }

  // Row by row, dresidual and dx in turn: what a row reads twice is in the first cache, and dx may be dy.
  static void backward_apply(T* dx, bool add_dx, T* dresidual, bool add_dresidual, const T* dy, const T* y, const T* x,
                             const T* a, const T* b, const T* d, int64_t rows, int64_t c) {
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t j = r * c;
      const T* mask = y ? y + j : nullptr;
      if (dresidual) {
        if (mask)
          residual_rows<true>(dresidual + j, add_dresidual, dy + j, mask, c);
        else
          residual_rows<false>(dresidual + j, add_dresidual, dy + j, mask, c);
      }
      if (!dx) continue;
      if (mask && add_dx)
        apply_back<true, true>(dx + j, dy + j, mask, x + j, a, b, d, c);
      else if (mask)
        apply_back<true, false>(dx + j, dy + j, mask, x + j, a, b, d, c);
      else if (add_dx)
        apply_back<false, true>(dx + j, dy + j, mask, x + j, a, b, d, c);
      else
        apply_back<false, false>(dx + j, dy + j, mask, x + j, a, b, d, c);
    }
  }
};

template <class T>
constexpr BatchNormLoops<T> batch_norm_loops{BatchNorm<T>::statistics, BatchNorm<T>::apply,
                                             BatchNorm<T>::backward_reduce, BatchNorm<T>::backward_apply};

const BatchNormLoops<float>& batch_norm_f32() { return batch_norm_loops<float>; }
const BatchNormLoops<double>& batch_norm_f64() { return batch_norm_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/simd/past_caches.h"

namespace radial {

namespace {

HWY_EXPORT(batch_norm_f32);
HWY_EXPORT(batch_norm_f64);

template <class T>
const BatchNormLoops<T>& loops() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(batch_norm_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(batch_norm_f64)();
}

template <class T>
const T* data_or_null(const Tensor& tensor) {
  return tensor ? tensor.data<T>() : nullptr;
}

// Two sums a channel over all rows: f(sums, others, scratch, begin, end) adds those of some rows. Blocks of rows are
// summed apart and added in order, so the result does not depend on threads.
template <class T, class F>
std::vector<double> two_sums(int64_t rows, int64_t c, F&& f) {
  const int64_t block = rows_per_task(c), blocks = divide_up(rows, block);
  std::vector<double> partial(static_cast<size_t>(blocks * 2 * c), 0.0);
  parallel_for(blocks, [&](int64_t k) {
    std::vector<T> scratch(static_cast<size_t>(2 * c));
    double* sums = partial.data() + k * 2 * c;
    f(sums, sums + c, scratch.data(), k * block, std::min(rows, (k + 1) * block));
  });
  std::vector<double> totals(static_cast<size_t>(2 * c), 0.0);
  for (int64_t k = 0; k < blocks; ++k)
    for (int64_t i = 0; i < 2 * c; ++i) totals[static_cast<size_t>(i)] += partial[static_cast<size_t>(k * 2 * c + i)];
  return totals;
}

}  // namespace

void cpu::batch_norm_statistics(Tensor& mean, Tensor& var, const Tensor& x) {
  const int64_t rows = x.rows(), c = x.channels();
  dispatch_float("batch_norm", x.dtype(), [&]<class T>() {
    // Shifted by the first row: without it a mean far from zero would cancel the digits of the variance.
    const T* from = x.data<T>();
    const auto totals =
        two_sums<T>(rows, c, [&](double* sums, double* squares, T* scratch, int64_t begin, int64_t end) {
          loops<T>().statistics(sums, squares, scratch, from + begin * c, from, end - begin, c);
        });
    for (int64_t i = 0; i < c; ++i) {
      const double n = static_cast<double>(rows), s = totals[static_cast<size_t>(i)] / n;
      const double variance = totals[static_cast<size_t>(c + i)] / n - s * s;
      mean.data<T>()[i] = static_cast<T>(static_cast<double>(from[i]) + s);
      var.data<T>()[i] = static_cast<T>(variance < 0 ? 0 : variance);  // a NaN stays one
    }
  });
}

void cpu::batch_norm_running(Tensor& running_mean, Tensor& running_var, const Tensor& mean, const Tensor& var,
                             double momentum, double unbias) {
  cpu::unary_forward(running_mean, running_mean, pointwise::Scale{1 - momentum});
  cpu::accumulate(running_mean, mean, momentum);
  cpu::unary_forward(running_var, running_var, pointwise::Scale{1 - momentum});
  cpu::accumulate(running_var, var, momentum * unbias);
}

void cpu::batch_norm_affine(Tensor& a, Tensor& b, Tensor& inv_std, const Tensor& mean, const Tensor& var,
                            const Tensor& gamma, const Tensor& beta, double eps) {
  dispatch_float("batch_norm", gamma.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < gamma.numel(); ++i) {
      const double mu = mean.data<T>()[i], weight = gamma.data<T>()[i], shift = beta.data<T>()[i];
      const double inverse = 1 / std::sqrt(static_cast<double>(var.data<T>()[i]) + eps);
      inv_std.data<T>()[i] = static_cast<T>(inverse);
      a.data<T>()[i] = static_cast<T>(weight * inverse);
      b.data<T>()[i] = static_cast<T>(shift - mu * weight * inverse);
    }
  });
}

void cpu::batch_norm_apply(Tensor& y, const Tensor& x, const Tensor& a, const Tensor& b, const Tensor& residual,
                           bool relu) {
  const int64_t c = x.channels();
  dispatch_float("batch_norm", x.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    const T *from = x.data<T>(), *add = data_or_null<T>(residual);
    constexpr size_t line = 64;
    const bool far = y.bytes() >= simd::bytes_past_caches && static_cast<size_t>(c) * sizeof(T) % line == 0 &&
                     reinterpret_cast<uintptr_t>(to) % line == 0;
    parallel_ranges(x.rows(), rows_per_task(c), [&](int64_t begin, int64_t end) {
      loops<T>().apply(to + begin * c, from + begin * c, a.data<T>(), b.data<T>(), add ? add + begin * c : nullptr,
                       relu, far, end - begin, c);
    });
  });
}

void cpu::batch_norm_backward_reduce(Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& y, const Tensor& x,
                                     const Tensor& mean, const Tensor& inv_std, const Tensor& /*a*/,
                                     const Tensor& /*shift*/) {
  const int64_t rows = x.rows(), c = x.channels();
  dispatch_float("batch_norm", x.dtype(), [&]<class T>() {
    const T *from = x.data<T>(), *dout = dy.data<T>(), *out = data_or_null<T>(y), *mu = mean.data<T>();
    const auto totals =
        two_sums<T>(rows, c, [&](double* sums, double* products, T* scratch, int64_t begin, int64_t end) {
          loops<T>().backward_reduce(sums, products, scratch, dout + begin * c, out ? out + begin * c : nullptr,
                                     from + begin * c, mu, end - begin, c);
        });
    for (int64_t i = 0; i < c; ++i) {
      dbeta.data<T>()[i] = static_cast<T>(totals[static_cast<size_t>(i)]);
      dgamma.data<T>()[i] = static_cast<T>(totals[static_cast<size_t>(c + i)] * inv_std.data<T>()[i]);
    }
  });
}

void cpu::batch_norm_backward_affine(Tensor& b, Tensor& d, const Tensor& a, const Tensor& mean, const Tensor& inv_std,
                                     const Tensor& dgamma, const Tensor& dbeta, int64_t rows) {
  const double n = static_cast<double>(rows);
  dispatch_float("batch_norm", a.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < a.numel(); ++i) {
      const double factor = a.data<T>()[i], inverse = inv_std.data<T>()[i];
      const double slope = -factor * inverse * dgamma.data<T>()[i] / n;
      b.data<T>()[i] = static_cast<T>(slope);
      d.data<T>()[i] = static_cast<T>(-factor * dbeta.data<T>()[i] / n - slope * mean.data<T>()[i]);
    }
  });
}

void cpu::batch_norm_backward_apply(Tensor& dx, bool accumulate_dx, Tensor& dresidual, bool accumulate_dresidual,
                                    const Tensor& dy, const Tensor& y, const Tensor& x, const Tensor& a,
                                    const Tensor& b, const Tensor& d, const Tensor& /*shift*/) {
  const int64_t c = x.channels();
  dispatch_float("batch_norm", x.dtype(), [&]<class T>() {
    T *to = dx ? dx.data<T>() : nullptr, *to_residual = dresidual ? dresidual.data<T>() : nullptr;
    const T *from = x.data<T>(), *dout = dy.data<T>(), *out = data_or_null<T>(y);
    parallel_ranges(x.rows(), rows_per_task(c), [&](int64_t begin, int64_t end) {
      const int64_t j = begin * c;
      loops<T>().backward_apply(to ? to + j : nullptr, accumulate_dx, to_residual ? to_residual + j : nullptr,
                                accumulate_dresidual, dout + j, out ? out + j : nullptr, from + j, a.data<T>(),
                                b.data<T>(), d.data<T>(), end - begin, c);
    });
  });
}

}  // namespace radial
#endif
