#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/pointwise_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_MEMORY_LOOPS
#define RADIAL_MEMORY_LOOPS
namespace radial {

// Loops over n elements; those with `rows` over [rows, c].
template <class T>
struct MemoryLoops {
  void (*fill)(T* y, T value, int64_t n);
  void (*accumulate)(T* y, const T* x, T factor, int64_t n);
  void (*sum_rows)(double* sums, T* scratch, const T* x, int64_t rows, int64_t c);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

// Plain loops: the compiler makes vectors of them for the instruction set of this namespace.
template <class T>
struct MemoryLoopsOf {
  static void fill(T* y, T value, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] = value;
  }

  static void accumulate(T* y, const T* x, T factor, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
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
constexpr MemoryLoops<T> memory_loops{MemoryLoopsOf<T>::fill, MemoryLoopsOf<T>::accumulate, MemoryLoopsOf<T>::sum_rows};

const MemoryLoops<float>& memory_loops_f32() { return memory_loops<float>; }
const MemoryLoops<double>& memory_loops_f64() { return memory_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cstring>
#include <vector>

namespace radial {

namespace {

HWY_EXPORT(memory_loops_f32);
HWY_EXPORT(memory_loops_f64);

template <class T>
const MemoryLoops<T>& loops() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(memory_loops_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(memory_loops_f64)();
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

void cpu::spread(Tensor& y, const Tensor& x, double factor) {
  dispatch_float("spread", y.dtype(), [&]<class T>() { cpu::fill(y, factor * static_cast<double>(x.data<T>()[0])); });
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
