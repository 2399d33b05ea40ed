#include <cmath>

#include "core/cuda/elementwise.h"
#include "core/cuda/reduce.h"
#include "optim/clip.h"

namespace radial {

namespace {

constexpr unsigned clip_threads = 256;

// One block.
__global__ void __launch_bounds__(clip_threads)
    clip_factor_kernel(double* norm, double* factor, const double* squares, int64_t n, double most) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < n; i += clip_threads) sum += squares[i];
  const double root = sqrt(cuda::block_sum<clip_threads>(sum)), share = most / (root + 1e-6);
  if (threadIdx.x == 0) *norm = root, *factor = share > 1 ? 1 : share;
}

struct ClipValue {
  float most;
  __device__ float operator()(float x) const { return x > most ? most : x < -most ? -most : x; }
};

struct MoveAverage {
  float step;
  __device__ float operator()(float average, float x) const { return average + step * (x - average); }
};

}  // namespace

void cuda::clip_factor(Tensor& norm, Tensor& factor, const Tensor& squares, double most) {
  launch(use(norm.device()).stream, 1, clip_threads, 0, clip_factor_kernel, norm.data<double>(), factor.data<double>(),
         squares.data<double>(), squares.numel(), most);
}

void cuda::clip_values(Tensor& x, double most) {
  const float limit = static_cast<float>(most);
  elementwise(use(x.device()), ClipValue{limit}, x.numel(), x.data<float>(), x.data<float>());
}

void cuda::move_average(Tensor& average, const Tensor& x, double decay) {
  elementwise(use(x.device()), MoveAverage{static_cast<float>(1 - decay)}, x.numel(), average.data<float>(),
              average.data<float>(), x.data<float>());
}

}  // namespace radial
