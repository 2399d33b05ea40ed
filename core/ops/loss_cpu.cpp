// Loops that the compiler makes vectors of, in float32 for each instruction set.
#include "core/kernels.h"
#include "core/parallel.h"

#define HWY_TARGET_INCLUDE "core/ops/loss_cpu.cpp"
#include "core/simd/every_target.h"

#ifndef RADIAL_LOSS_RANGE
#define RADIAL_LOSS_RANGE
namespace radial {

// Elements [begin, end); the weights repeat along the last dimension, or are null: 1.
template <class T>
struct LossRange {
  const T *x, *target, *weights;
  int64_t channels, begin, end;
};

}  // namespace radial
#endif

HWY_BEFORE_NAMESPACE();
namespace radial::HWY_NAMESPACE {

template <class T>
struct LossLoops {
  static void values(T* y, const LossRange<T>& range, const PointwiseLoss& loss) {
    with_formulas<T>(loss, [y, r = range](const auto formulas) {
      if (!r.weights)
        for (int64_t i = r.begin; i < r.end; ++i) y[i] = formulas.value(r.x[i], r.target[i], T(1));
      else
        for (int64_t i = r.begin, c = i % r.channels; i < r.end; ++i, c = c + 1 < r.channels ? c + 1 : 0)
          y[i] = formulas.value(r.x[i], r.target[i], r.weights[c]);
    });
  }

  static void slopes(T* dx, const T* dy, T sign, const LossRange<T>& range, const PointwiseLoss& loss) {
    with_formulas<T>(loss, [dx, dy, sign, r = range](const auto formulas) {
      if (!r.weights)
        for (int64_t i = r.begin; i < r.end; ++i) dx[i] = sign * dy[i] * formulas.slope(r.x[i], r.target[i], T(1));
      else
        for (int64_t i = r.begin, c = i % r.channels; i < r.end; ++i, c = c + 1 < r.channels ? c + 1 : 0)
          dx[i] = sign * dy[i] * formulas.slope(r.x[i], r.target[i], r.weights[c]);
    });
  }
};

void loss_values_f32(float* y, const LossRange<float>& range, const PointwiseLoss& loss) {
  LossLoops<float>::values(y, range, loss);
}
void loss_slopes_f32(float* dx, const float* dy, float sign, const LossRange<float>& range, const PointwiseLoss& loss) {
  LossLoops<float>::slopes(dx, dy, sign, range, loss);
}

}  // namespace radial::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace radial {

namespace {

HWY_EXPORT(loss_values_f32);
HWY_EXPORT(loss_slopes_f32);

constexpr int64_t losses_per_task = elements_per_task / 8;  // some cost exponentials and logarithms

// f(range) for pieces of x.
template <class T, class F>
void each_loss_range(const Tensor& x, const Tensor& target, const Tensor& weight, F&& f) {
  simd::prepare_dispatch();
  const T *from = x.data<T>(), *t = target.data<T>(), *w = weight ? weight.data<T>() : nullptr;
  const int64_t channels = weight ? weight.numel() : 1;
  parallel_ranges(x.numel(), losses_per_task, [&](int64_t begin, int64_t end) {
    f(LossRange<T>{from, t, w, channels, begin, end});
  });
}

}  // namespace

void cpu::pointwise_loss_forward(Tensor& y, const Tensor& x, const Tensor& target, const Tensor& weight,
                                 const PointwiseLoss& loss) {
  dispatch_float("loss", x.dtype(), [&]<class T>() {
    each_loss_range<T>(x, target, weight, [&, to = y.data<T>()](const LossRange<T>& range) {
      if constexpr (std::is_same_v<T, float>)
        HWY_DYNAMIC_DISPATCH(loss_values_f32)(to, range, loss);
      else
        HWY_NAMESPACE::LossLoops<T>::values(to, range, loss);
    });
  });
}

void cpu::pointwise_loss_backward(Tensor& dx, const Tensor& dy, const Tensor& x, const Tensor& target,
                                  const Tensor& weight, const PointwiseLoss& loss, double sign) {
  dispatch_float("loss", x.dtype(), [&]<class T>() {
    const auto factor = static_cast<T>(sign);
    each_loss_range<T>(x, target, weight, [&, to = dx.data<T>(), dloss = dy.data<T>()](const LossRange<T>& range) {
      if constexpr (std::is_same_v<T, float>)
        HWY_DYNAMIC_DISPATCH(loss_slopes_f32)(to, dloss, factor, range, loss);
      else
        HWY_NAMESPACE::LossLoops<T>::slopes(to, dloss, factor, range, loss);
    });
  });
}

}  // namespace radial
#endif
