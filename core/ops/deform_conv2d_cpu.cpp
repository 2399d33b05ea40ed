// Channels lie side by side: a tap of a pixel is a blend of four rows of channels, its gradients are four dot products
// with them.
#include "core/ops/deform_conv2d.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/deform_conv2d_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_DEFORM_LOOPS
#define RADIAL_DEFORM_LOOPS
namespace radial {

template <class T>
struct DeformLoops {
  void (*clear)(T* y, T value, int64_t count);             // y = value
  void (*add)(T* y, const T* x, T weight, int64_t count);  // y += weight x
  double (*dot)(const T* a, const T* b, int64_t count);    // sum of a b
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct Deform {
  static void clear(T* __restrict y, T value, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = value;
  }
  static void add(T* __restrict y, const T* __restrict x, T weight, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] += weight * x[i];
  }
  // In a fixed order of eight sums.
  static double dot(const T* __restrict a, const T* __restrict b, int64_t count) {
    T sums[8] = {};
    int64_t i = 0;
    for (; i + 8 <= count; i += 8)
      for (int64_t k = 0; k < 8; ++k) sums[k] += a[i + k] * b[i + k];
    for (int64_t k = 0; i < count; ++i, ++k) sums[k] += a[i] * b[i];
    double sum = 0;
    for (const T one : sums) sum += static_cast<double>(one);
    return sum;
  }
};

template <class T>
constexpr DeformLoops<T> deform_loops{Deform<T>::clear, Deform<T>::add, Deform<T>::dot};

const DeformLoops<float>& deform_f32() { return deform_loops<float>; }
const DeformLoops<double>& deform_f64() { return deform_loops<double>; }

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <limits>

namespace radial {

namespace {

HWY_EXPORT(deform_f32);
HWY_EXPORT(deform_f64);

template <class T>
const DeformLoops<T>& deform_loops_of() {
  simd::prepare_dispatch();
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(deform_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(deform_f64)();
}

// The four pixels around a place that are in the picture: f(corner, index of the pixel, weight), corner = 2 below +
// right.
template <class T, class F>
void each_corner(const DeformConv2dGeometry& g, const typename DeformConv2dGeometry::Place<T>& at, int64_t picture,
                 F&& f) {
  for (int corner = 0; corner < 4; ++corner) {
    const int64_t y = at.top + corner / 2, x = at.left + corner % 2;
    if (!g.has_pixel(y, x)) continue;
    const T v = corner / 2 == 1 ? at.below : T(1) - at.below, u = corner % 2 == 1 ? at.right : T(1) - at.right;
    f(corner, (picture * g.h + y) * g.w + x, v * u);
  }
}

constexpr int64_t channels_of_task = 64;

}  // namespace

void cpu::deform_columns_forward(Tensor& columns, const Tensor& x, const Tensor& offset, const Tensor& mask,
                                 const DeformConv2dGeometry& g) {
  const int64_t taps = g.taps(), channels = g.group_channels();
  dispatch_float("deform_conv2d", x.dtype(), [&]<class T>() {
    const auto& loops = deform_loops_of<T>();
    parallel_ranges(g.rows(), rows_per_task(taps * g.c), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        for (int64_t k = 0; k < taps; ++k)
          for (int64_t group = 0; group < g.groups; ++group) {
            const int64_t number = (row * g.groups + group) * taps + k;
            const T* shift = offset.data<T>() + 2 * number;
            const T weight = mask.data<T>()[number];
            const auto at = g.place(row, k, shift[0], shift[1]);
            T* out = columns.data<T>() + (row * taps + k) * g.c + group * channels;
            loops.clear(out, at.is_nan ? std::numeric_limits<T>::quiet_NaN() : T(0), channels);
            if (!at.inside) continue;
            each_corner<T>(g, at, row / (g.oh * g.ow), [&](int, int64_t pixel, T share) {
              loops.add(out, x.data<T>() + pixel * g.c + group * channels, weight * share, channels);
            });
          }
    });
  });
}

void cpu::deform_columns_backward_places(Tensor& doffset, Tensor& dmask, const Tensor& dcolumns, const Tensor& x,
                                         const Tensor& offset, const Tensor& mask, const DeformConv2dGeometry& g) {
  const int64_t taps = g.taps(), channels = g.group_channels();
  dispatch_float("deform_conv2d", x.dtype(), [&]<class T>() {
    const auto& loops = deform_loops_of<T>();
    parallel_ranges(g.rows(), rows_per_task(taps * g.c), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        for (int64_t k = 0; k < taps; ++k)
          for (int64_t group = 0; group < g.groups; ++group) {
            const int64_t number = (row * g.groups + group) * taps + k;
            const T* shift = offset.data<T>() + 2 * number;
            T* slope = doffset.data<T>() + 2 * number;
            const auto at = g.place(row, k, shift[0], shift[1]);
            double dot[4] = {}, value = 0;
            if (at.is_nan) value = dot[0] = std::numeric_limits<double>::quiet_NaN();
            if (at.inside)
              each_corner<T>(g, at, row / (g.oh * g.ow), [&](int corner, int64_t pixel, T share) {
                dot[corner] = loops.dot(dcolumns.data<T>() + (row * taps + k) * g.c + group * channels,
                                        x.data<T>() + pixel * g.c + group * channels, channels);
                value += static_cast<double>(share) * dot[corner];
              });
            const auto weight = static_cast<double>(mask.data<T>()[number]), below = static_cast<double>(at.below),
                       right = static_cast<double>(at.right);
            dmask.data<T>()[number] = static_cast<T>(value);
            slope[0] = static_cast<T>(weight * ((1 - right) * (dot[2] - dot[0]) + right * (dot[3] - dot[1])));
            slope[1] = static_cast<T>(weight * ((1 - below) * (dot[1] - dot[0]) + below * (dot[3] - dot[2])));
          }
    });
  });
}

// A task has some channels of one picture, so that no two write the same number.
void cpu::deform_columns_backward_input(Tensor& dx, const Tensor& dcolumns, const Tensor& offset, const Tensor& mask,
                                        const DeformConv2dGeometry& g) {
  const int64_t taps = g.taps(), channels = g.group_channels(), pixels = g.oh * g.ow;
  const int64_t parts = divide_up(channels, channels_of_task);
  dispatch_float("deform_conv2d", dx.dtype(), [&]<class T>() {
    const auto& loops = deform_loops_of<T>();
    parallel_for(g.n * g.groups * parts, [&](int64_t task) {
      const int64_t picture = task / (g.groups * parts), group = task / parts % g.groups;
      const int64_t first = task % parts * channels_of_task, count = std::min(channels_of_task, channels - first);
      const int64_t channel = group * channels + first;
      for (int64_t row = picture * pixels; row < (picture + 1) * pixels; ++row)
        for (int64_t k = 0; k < taps; ++k) {
          const int64_t number = (row * g.groups + group) * taps + k;
          const T* shift = offset.data<T>() + 2 * number;
          const auto at = g.place(row, k, shift[0], shift[1]);
          if (!at.inside) continue;
          each_corner<T>(g, at, picture, [&](int, int64_t pixel, T share) {
            loops.add(dx.data<T>() + pixel * g.c + channel, dcolumns.data<T>() + (row * taps + k) * g.c + channel,
                      mask.data<T>()[number] * share, count);
          });
        }
    });
  });
}

}  // namespace radial
#endif
