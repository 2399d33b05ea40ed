#include "core/kernels.h"
#include "core/parallel.h"
#include "core/simd/fixed_vectors.h"
#include "core/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/pointwise_cpu.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#ifndef RADIAL_POINTWISE_LOOPS
#define RADIAL_POINTWISE_LOOPS
namespace radial {

// Loops over n elements; those with `rows` over [rows, c].
template <class T>
struct PointwiseLoops {
  void (*fill)(T* y, T value, int64_t n);
  void (*accumulate)(T* y, const T* x, T factor, int64_t n);
  void (*binary)(T* y, const T* a, const T* b, Binary op, int64_t n);
  void (*scale)(T* y, const T* x, T factor, int64_t n);
  void (*activation_forward)(T* y, const T* x, T top, int64_t n);
  void (*activation_backward)(T* dx, const T* dy, const T* y, T top, bool accumulate, int64_t n);
  void (*bias)(T* y, const T* x, const T* b, int64_t rows, int64_t c);
  void (*sum_rows)(double* sums, T* scratch, const T* x, int64_t rows, int64_t c);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

// Plain loops: the compiler makes vectors of them for the instruction set of this namespace.
template <class T>
struct Pointwise {
  static void fill(T* y, T value, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] = value;
  }

  static void accumulate(T* y, const T* x, T factor, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
  }

  static void binary(T* y, const T* a, const T* b, Binary op, int64_t n) {
    if (op == Binary::add)
      for (int64_t i = 0; i < n; ++i) y[i] = a[i] + b[i];
    else if (op == Binary::sub)
      for (int64_t i = 0; i < n; ++i) y[i] = a[i] - b[i];
    else
      for (int64_t i = 0; i < n; ++i) y[i] = a[i] * b[i];
  }

  static void scale(T* y, const T* x, T factor, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] = factor * x[i];
  }

  // A NaN stays a NaN and lets its gradient pass: it is neither below 0 nor above the top. Nothing is above a top of
  // NaN.
  static void activation_forward(T* y, const T* x, T top, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const T positive = x[i] < 0 ? T(0) : x[i];
      y[i] = positive > top ? top : positive;
    }
  }

  static void activation_backward(T* dx, const T* dy, const T* y, T top, bool accumulate, int64_t n) {
    if (accumulate)
      for (int64_t i = 0; i < n; ++i) dx[i] += ((y[i] <= 0) | (y[i] >= top)) ? T(0) : dy[i];
    else
      for (int64_t i = 0; i < n; ++i) dx[i] = ((y[i] <= 0) | (y[i] >= top)) ? T(0) : dy[i];
  }

  static void bias(T* y, const T* x, const T* b, int64_t rows, int64_t c) {
    for (int64_t r = 0; r < rows; ++r, y += c, x += c)
      for (int64_t i = 0; i < c; ++i) y[i] = x[i] + b[i];
  }

  // Short runs of rows are summed in T, the runs in double.
  static void sum_rows(double* __restrict sums, T* __restrict scratch, const T* __restrict x, int64_t rows, int64_t c) {
    constexpr int64_t run = 32;
    for (int64_t begin = 0; begin < rows; begin += run) {
      const int64_t end = begin + run < rows ? begin + run : rows;
      for (int64_t i = 0; i < c; ++i) scratch[i] = 0;
      for (int64_t r = begin; r < end; ++r)
        for (int64_t i = 0; i < c; ++i) scratch[i] += x[r * c + i];
      for (int64_t i = 0; i < c; ++i) sums[i] += scratch[i];
    }
  }
};

template <class T>
constexpr PointwiseLoops<T> pointwise{Pointwise<T>::fill,
                                      Pointwise<T>::accumulate,
                                      Pointwise<T>::binary,
                                      Pointwise<T>::scale,
                                      Pointwise<T>::activation_forward,
                                      Pointwise<T>::activation_backward,
                                      Pointwise<T>::bias,
                                      Pointwise<T>::sum_rows};

const PointwiseLoops<float>& pointwise_f32() { return pointwise<float>; }
const PointwiseLoops<double>& pointwise_f64() { return pointwise<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cstring>
#include <limits>
#include <vector>

namespace radial {

namespace {

HWY_EXPORT(pointwise_f32);
HWY_EXPORT(pointwise_f64);

template <class T>
const PointwiseLoops<T>& loops() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(pointwise_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(pointwise_f64)();
}

template <class From, class To>
void convert(Tensor& y, const Tensor& x) {
  const From* from = x.data<From>();
  To* to = y.data<To>();
  parallel_ranges(x.numel(), elements_per_task, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if constexpr (std::is_same_v<From, bf16>)
        to[i] = static_cast<To>(static_cast<float>(from[i]));
      else if constexpr (std::is_same_v<To, bf16>)
        to[i] = bf16(static_cast<float>(from[i]));
      else
        to[i] = static_cast<To>(from[i]);
    }
  });
}

template <class F>
void dispatch_any(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f64:
      return f.template operator()<double>();
    case DType::bf16:
      return f.template operator()<bf16>();
    case DType::u8:
      return f.template operator()<uint8_t>();
    case DType::i32:
      return f.template operator()<int32_t>();
  }
}

template <class T>
T top_of(Activation activation) {
  return activation == Activation::relu6 ? T(6) : std::numeric_limits<T>::quiet_NaN();
}

}  // namespace

void cpu::fill(Tensor& y, double value) {
  dispatch_any(y.dtype(), [&]<class T>() {
    T* to = y.data<T>();
    parallel_ranges(y.numel(), elements_per_task, [&](int64_t begin, int64_t end) {
      if constexpr (std::is_floating_point_v<T>) {
        loops<T>().fill(to + begin, static_cast<T>(value), end - begin);
      } else {
        for (int64_t i = begin; i < end; ++i) to[i] = static_cast<T>(value);
      }
    });
  });
}

void cpu::copy(Tensor& y, const Tensor& x) {
  if (x.dtype() == y.dtype()) {
    const size_t size = size_of(x.dtype());
    parallel_ranges(x.numel(), elements_per_task, [&](int64_t begin, int64_t end) {
      std::memcpy(static_cast<char*>(y.bytes_data()) + static_cast<size_t>(begin) * size,
                  static_cast<const char*>(x.bytes_data()) + static_cast<size_t>(begin) * size,
                  static_cast<size_t>(end - begin) * size);
    });
    return;
  }
  dispatch_any(x.dtype(), [&]<class From>() { dispatch_any(y.dtype(), [&]<class To>() { convert<From, To>(y, x); }); });
}

void cpu::copy_all(std::vector<Tensor>& y, const std::vector<Tensor>& x, KernelMemory&) {
  for (size_t i = 0; i < y.size(); ++i) cpu::copy(y[i], x[i]);
}

void cpu::accumulate(Tensor& y, const Tensor& x, double factor) {
  dispatch_float("accumulate", y.dtype(), [&]<class T>() {
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), from = x.data<T>()](int64_t begin, int64_t end) {
                      loops<T>().accumulate(to + begin, from + begin, static_cast<T>(factor), end - begin);
                    });
  });
}

void cpu::binary(Tensor& y, const Tensor& a, const Tensor& b, Binary op) {
  dispatch_float("binary", y.dtype(), [&]<class T>() {
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), u = a.data<T>(), v = b.data<T>()](int64_t begin, int64_t end) {
                      loops<T>().binary(to + begin, u + begin, v + begin, op, end - begin);
                    });
  });
}

void cpu::scale(Tensor& y, const Tensor& x, double factor) {
  dispatch_float("scale", y.dtype(), [&]<class T>() {
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), from = x.data<T>()](int64_t begin, int64_t end) {
                      loops<T>().scale(to + begin, from + begin, static_cast<T>(factor), end - begin);
                    });
  });
}

void cpu::spread(Tensor& y, const Tensor& x, double factor) {
  dispatch_float("spread", y.dtype(), [&]<class T>() { cpu::fill(y, factor * static_cast<double>(x.data<T>()[0])); });
}

void cpu::activation_forward(Tensor& y, const Tensor& x, Activation activation) {
  dispatch_float("relu", y.dtype(), [&]<class T>() {
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = y.data<T>(), from = x.data<T>()](int64_t begin, int64_t end) {
                      loops<T>().activation_forward(to + begin, from + begin, top_of<T>(activation), end - begin);
                    });
  });
}

void cpu::activation_backward(Tensor& dx, const Tensor& dy, const Tensor& y, Activation activation, bool accumulate) {
  dispatch_float("relu", y.dtype(), [&]<class T>() {
    parallel_ranges(y.numel(), elements_per_task,
                    [&, to = dx.data<T>(), from = dy.data<T>(), out = y.data<T>()](int64_t begin, int64_t end) {
                      loops<T>().activation_backward(to + begin, from + begin, out + begin, top_of<T>(activation),
                                                     accumulate, end - begin);
                    });
  });
}

void cpu::bias_forward(Tensor& y, const Tensor& x, const Tensor& b) {
  const int64_t c = x.channels();
  dispatch_float("bias", y.dtype(), [&]<class T>() {
    parallel_ranges(x.rows(), rows_per_task(c),
                    [&, to = y.data<T>(), from = x.data<T>(), add = b.data<T>()](int64_t begin, int64_t end) {
                      loops<T>().bias(to + begin * c, from + begin * c, add, end - begin, c);
                    });
  });
}

void cpu::sum_rows(Tensor& db, const Tensor& dy, bool accumulate) {
  const int64_t c = dy.channels(), rows = dy.rows(), block = rows_per_task(c), blocks = divide_up(rows, block);
  dispatch_float("sum_rows", dy.dtype(), [&]<class T>() {
    std::vector<double> partial(static_cast<size_t>(blocks * c), 0.0);  // [blocks, c], added in order below
    parallel_for(blocks, [&, from = dy.data<T>()](int64_t k) {
      std::vector<T> scratch(static_cast<size_t>(c));
      const int64_t begin = k * block, end = begin + block < rows ? begin + block : rows;
      loops<T>().sum_rows(partial.data() + k * c, scratch.data(), from + begin * c, end - begin, c);
    });
    T* to = db.data<T>();
    for (int64_t i = 0; i < c; ++i) {
      double total = accumulate ? static_cast<double>(to[i]) : 0;
      for (int64_t k = 0; k < blocks; ++k) total += partial[static_cast<size_t>(k * c + i)];
      to[i] = static_cast<T>(total);
    }
  });
}

}  // namespace radial
#endif
