#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/pool2d_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_POOL_LOOPS
#define RADIAL_POOL_LOOPS
namespace radial {

// Loops over the c channels of one pixel.
template <class T>
struct PoolLoops {
  // Where x is larger than y (or not a number): y = x, index = position.
  void (*keep_larger)(T* y, int32_t* index, const T* x, int32_t position, int64_t c);
  void (*add_scaled)(T* y, const T* x, T factor, int64_t c);
  // y += x where index = position.
  void (*add_where)(T* y, const T* x, const int32_t* index, int32_t position, int64_t c);
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct Pool {
  static void keep_larger(T* __restrict y, int32_t* __restrict index, const T* __restrict x, int32_t position,
                          int64_t c) {
    for (int64_t i = 0; i < c; ++i) {
      const bool larger = (x[i] > y[i]) | (x[i] != x[i]);
      y[i] = larger ? x[i] : y[i];
      index[i] = larger ? position : index[i];
    }
  }

  static void add_scaled(T* __restrict y, const T* __restrict x, T factor, int64_t c) {
    for (int64_t i = 0; i < c; ++i) y[i] += factor * x[i];
  }

  static void add_where(T* __restrict y, const T* __restrict x, const int32_t* __restrict index, int32_t position,
                        int64_t c) {
    for (int64_t i = 0; i < c; ++i) y[i] += index[i] == position ? x[i] : T(0);
  }
};

template <class T>
constexpr PoolLoops<T> pool_loops{Pool<T>::keep_larger, Pool<T>::add_scaled, Pool<T>::add_where};

const PoolLoops<float>& pool_f32() { return pool_loops<float>; }
const PoolLoops<double>& pool_f64() { return pool_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

namespace radial {

namespace {

HWY_EXPORT(pool_f32);
HWY_EXPORT(pool_f64);

template <class T>
const PoolLoops<T>& loops() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(pool_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(pool_f64)();
}

// f(y row offset, x row offset, position in the picture, column of y) for each pixel of each window of the output line
// `line` = picture * oh + row.
template <class F>
void each_source(int64_t line, const Pool2dGeometry& g, F&& f) {
  const int64_t picture = line / g.oh;
  const PoolRange rows = g.rows.window(line % g.oh);
  for (int64_t q = 0; q < g.ow; ++q) {
    const PoolRange columns = g.columns.window(q);
    for (int64_t r = rows.begin; r < rows.end; ++r) {
      for (int64_t s = columns.begin; s < columns.end; ++s) {
        const int64_t position = r * g.w + s;
        f((line * g.ow + q) * g.c, (picture * g.h * g.w + position) * g.c, position, q);
      }
    }
  }
}

// dx, pixel by pixel: zeros, then add(pixel of dx, y row offset, position in the picture, row and column of y) for each
// window that holds the pixel, in the order of the windows. A gradient gathered so needs no atomics.
template <class T, class F>
void gather(Tensor& dx, const Pool2dGeometry& g, const F& add) {
  parallel_for(g.n * g.h, [&, to = dx.data<T>()](int64_t line) {
    const int64_t picture = line / g.h, row = line % g.h;
    const PoolRange rows = g.rows.users(row);
    for (int64_t s = 0; s < g.w; ++s) {
      const PoolRange columns = g.columns.users(s);
      T* pixel = to + (line * g.w + s) * g.c;
      std::fill_n(pixel, g.c, T(0));
      for (int64_t p = rows.begin; p < rows.end; ++p)
        for (int64_t q = columns.begin; q < columns.end; ++q)
          add(pixel, ((picture * g.oh + p) * g.ow + q) * g.c, row * g.w + s, p, q);
    }
  });
}

template <class T>
T share(const Pool2dGeometry& g, int64_t p, int64_t q) {
  return T(1) / static_cast<T>(g.counted(p, q));
}

}  // namespace

void cpu::max_pool2d_forward(Tensor& y, Tensor& index, const Tensor& x, const Pool2dGeometry& g) {
  dispatch_float("max_pool2d", x.dtype(), [&]<class T>() {
    parallel_for(g.n * g.oh, [&, to = y.data<T>(), at = index.data<int32_t>(), from = x.data<T>()](int64_t line) {
      int64_t pixel = -1;  // whose window has begun
      each_source(line, g, [&](int64_t out, int64_t in, int64_t position, int64_t) {
        if (out != pixel) {
          std::copy_n(from + in, g.c, to + out);
          std::fill_n(at + out, g.c, static_cast<int32_t>(position));
          pixel = out;
        } else {
          loops<T>().keep_larger(to + out, at + out, from + in, static_cast<int32_t>(position), g.c);
        }
      });
    });
  });
}

void cpu::max_pool2d_backward(Tensor& dx, const Tensor& dy, const Tensor& index, const Pool2dGeometry& g) {
  dispatch_float("max_pool2d", dy.dtype(), [&]<class T>() {
    gather<T>(dx, g,
              [from = dy.data<T>(), at = index.data<int32_t>(), &g](T* pixel, int64_t out, int64_t position, int64_t,
                                                                    int64_t) {
                loops<T>().add_where(pixel, from + out, at + out, static_cast<int32_t>(position), g.c);
              });
  });
}

void cpu::avg_pool2d_forward(Tensor& y, const Tensor& x, const Pool2dGeometry& g) {
  dispatch_float("avg_pool2d", x.dtype(), [&]<class T>() {
    parallel_for(g.n * g.oh, [&, to = y.data<T>(), from = x.data<T>()](int64_t line) {
      std::fill_n(to + line * g.ow * g.c, g.ow * g.c, T(0));
      each_source(line, g, [&](int64_t out, int64_t in, int64_t, int64_t q) {
        loops<T>().add_scaled(to + out, from + in, share<T>(g, line % g.oh, q), g.c);
      });
    });
  });
}

void cpu::avg_pool2d_backward(Tensor& dx, const Tensor& dy, const Pool2dGeometry& g) {
  dispatch_float("avg_pool2d", dy.dtype(), [&]<class T>() {
    gather<T>(dx, g, [from = dy.data<T>(), &g](T* pixel, int64_t out, int64_t, int64_t p, int64_t q) {
      loops<T>().add_scaled(pixel, from + out, share<T>(g, p, q), g.c);
    });
  });
}

void cpu::global_avg_pool_forward(Tensor& y, const Tensor& x) {
  const int64_t c = x.dim(3), pixels = x.dim(1) * x.dim(2);
  dispatch_float("global_avg_pool", x.dtype(), [&]<class T>() {
    parallel_for(x.dim(0), [&](int64_t n) {
      T* to = y.data<T>() + n * c;
      const T* from = x.data<T>() + n * pixels * c;
      std::fill_n(to, c, T(0));
      for (int64_t p = 0; p < pixels; ++p) loops<T>().add_scaled(to, from + p * c, T(1), c);
      for (int64_t i = 0; i < c; ++i) to[i] /= static_cast<T>(pixels);
    });
  });
}

void cpu::global_avg_pool_backward(Tensor& dx, const Tensor& dy) {
  const int64_t c = dx.dim(3), pixels = dx.dim(1) * dx.dim(2);
  dispatch_float("global_avg_pool", dy.dtype(), [&]<class T>() {
    parallel_for(dx.dim(0), [&](int64_t n) {
      T* to = dx.data<T>() + n * pixels * c;
      const T* from = dy.data<T>() + n * c;
      for (int64_t i = 0; i < c; ++i) to[i] = from[i] / static_cast<T>(pixels);
      for (int64_t p = 1; p < pixels; ++p) std::copy_n(to, c, to + p * c);
    });
  });
}

}  // namespace radial
#endif
