#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

namespace {

constexpr int64_t losses_per_task = elements_per_task / 8;  // some cost exponentials and logarithms

// The weight of element i, which repeats along the last dimension.
template <class T>
struct Weights {
  explicit Weights(const Tensor& weight)
      : values(weight ? weight.data<T>() : nullptr), count(weight ? weight.numel() : 1) {}
  T operator()(int64_t i) const { return values ? values[i % count] : T(1); }
  const T* values;
  int64_t count;
};

}  // namespace

void cpu::pointwise_loss_forward(Tensor& y, const Tensor& x, const Tensor& target, const Tensor& weight,
                                 const PointwiseLoss& loss) {
  dispatch_float("loss", x.dtype(), [&]<class T>() {
    const Weights<T> w(weight);
    with_formulas<T>(loss, [&](const auto formulas) {
      parallel_ranges(x.numel(), losses_per_task,
                      [&, to = y.data<T>(), from = x.data<T>(), t = target.data<T>()](int64_t begin, int64_t end) {
                        for (int64_t i = begin; i < end; ++i) to[i] = formulas.value(from[i], t[i], w(i));
                      });
    });
  });
}

void cpu::pointwise_loss_backward(Tensor& dx, const Tensor& dy, const Tensor& x, const Tensor& target,
                                  const Tensor& weight, const PointwiseLoss& loss, double sign) {
  dispatch_float("loss", x.dtype(), [&]<class T>() {
    const Weights<T> w(weight);
    const T *slope = dy.data<T>(), *from = x.data<T>(), *t = target.data<T>(), factor = static_cast<T>(sign);
    T* to = dx.data<T>();
    with_formulas<T>(loss, [&](const auto formulas) {
      parallel_ranges(x.numel(), losses_per_task, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) to[i] = factor * slope[i] * formulas.slope(from[i], t[i], w(i));
      });
    });
  });
}

}  // namespace radial
