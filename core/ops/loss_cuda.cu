#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

// The weight of element i, which repeats along the last dimension.
struct LossWeights {
  const float* values;
  int64_t count;
  explicit LossWeights(const Tensor& weight)
      : values(weight ? weight.data<float>() : nullptr), count(weight ? weight.numel() : 1) {}
  __device__ float operator()(int64_t i) const { return values ? values[i % count] : 1; }
};

template <class F, class T>
__global__ void __launch_bounds__(cuda::elementwise_threads)
    loss_kernel(float* y, const T* x, const float* target, LossWeights weight, F formulas, int64_t n) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride)
    y[i] = formulas.value(cuda::load(x[i]), target[i], weight(i));
}

template <class F, class T, class D>
__global__ void __launch_bounds__(cuda::elementwise_threads)
    loss_backward_kernel(D* dx, const float* dy, const T* x, const float* target, LossWeights weight, F formulas,
                         float sign, int64_t n) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride)
    cuda::store(dx[i], sign * dy[i] * formulas.slope(cuda::load(x[i]), target[i], weight(i)));
}

}  // namespace

void cuda::pointwise_loss_forward(Tensor& y, const Tensor& x, const Tensor& target, const Tensor& weight,
                                  const PointwiseLoss& loss) {
  const Context& context = use(x.device());
  dispatch_cuda("loss", x.dtype(), [&]<class T>() {
    with_formulas<float>(loss, [&]<class F>(const F& formulas) {
      launch(context.stream, elementwise_blocks(context, x.numel()), elementwise_threads, 0, loss_kernel<F, T>,
             y.data<float>(), x.data<T>(), target.data<float>(), LossWeights(weight), formulas, x.numel());
    });
  });
}

void cuda::pointwise_loss_backward(Tensor& dx, const Tensor& dy, const Tensor& x, const Tensor& target,
                                   const Tensor& weight, const PointwiseLoss& loss, double sign) {
  const Context& context = use(x.device());
  dispatch_cuda("loss", x.dtype(), [&]<class T>() {
    dispatch_cuda("loss", dx.dtype(), [&]<class D>() {
      with_formulas<float>(loss, [&]<class F>(const F& formulas) {
        launch(context.stream, elementwise_blocks(context, x.numel()), elementwise_threads, 0,
               loss_backward_kernel<F, T, D>, dx.data<D>(), dy.data<float>(), x.data<T>(), target.data<float>(),
               LossWeights(weight), formulas, static_cast<float>(sign), x.numel());
      });
    });
  });
}

}  // namespace radial
