// A thread draws for two neighbouring elements at a time: the 128 bits of one block of the generator. The counter is
// read when the kernel runs.
#include "core/cuda/elementwise.h"
#include "core/kernels.h"
#include "core/ops/random_numbers.h"

namespace radial {

namespace {

// What a kernel needs to make its Random.
struct DeviceKey {
  uint64_t seed;
  uint32_t call;
  const int32_t* step;
  __device__ Random random(Stream stream) const {
    return Random(seed, stream, call, step ? static_cast<uint32_t>(*step) : 0);
  }
};

DeviceKey device_key(const Tensor& step, uint64_t seed, uint32_t call) {
  return {seed, call, step.defined() ? step.data<int32_t>() : nullptr};
}

// f(first element, how many (1 or 2), bits of both) for each pair of n elements.
template <class F>
__device__ void each_pair(int64_t n, const Random& random, const F& f) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t pair = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; 2 * pair < n; pair += stride) {
    const auto draw = static_cast<uint32_t>(2 * pair);
    f(2 * pair, n - 2 * pair, random.bits_at(draw), random.bits_at(draw + 1));
  }
}

template <class T>
__global__ void __launch_bounds__(cuda::elementwise_threads)
    draw_kernel(T* y, int64_t n, const DeviceKey key, Drawn what) {
  each_pair(n, key.random(Stream::draw), [&](int64_t i, int64_t left, uint64_t a, uint64_t b) {
    const NormalPair values =
        what == Drawn::normal ? normal_pair(a, b) : NormalPair{uniform_of<T>(a), uniform_of<T>(b)};
    cuda::store(y[i], static_cast<float>(values.first));
    if (left > 1) cuda::store(y[i + 1], static_cast<float>(values.second));
  });
}

__global__ void __launch_bounds__(cuda::elementwise_threads)
    keep_kernel(uint8_t* kept, int64_t n, const DeviceKey key, uint64_t limit, bool none) {
  each_pair(n, key.random(Stream::dropout), [&](int64_t i, int64_t left, uint64_t a, uint64_t b) {
    kept[i] = none || a < limit ? 0 : 1;
    if (left > 1) kept[i + 1] = none || b < limit ? 0 : 1;
  });
}

struct Drop {
  float factor;
  __device__ float operator()(float x, uint8_t kept) const { return x * (kept != 0 ? factor : 0.0F); }
};

__global__ void count_up_kernel(int32_t* step) { *step = static_cast<int32_t>(static_cast<uint32_t>(*step) + 1); }

}  // namespace

void cuda::draw(Tensor& y, const Tensor& step, uint64_t seed, uint32_t call, Drawn what) {
  const Context& context = use(y.device());
  dispatch_cuda("rand", y.dtype(), [&]<class T>() {
    launch(context.stream, elementwise_blocks(context, (y.numel() + 1) / 2), elementwise_threads, 0, draw_kernel<T>,
           y.data<T>(), y.numel(), device_key(step, seed, call), what);
  });
}

void cuda::keep_some(Tensor& kept, const Tensor& step, uint64_t seed, uint32_t call, double p) {
  const Context& context = use(kept.device());
  launch(context.stream, elementwise_blocks(context, (kept.numel() + 1) / 2), elementwise_threads, 0, keep_kernel,
         kept.data<uint8_t>(), kept.numel(), device_key(step, seed, call), p < 1 ? drop_limit(p) : 0, p >= 1);
}

void cuda::dropout(Tensor& y, const Tensor& x, const Tensor& kept, double factor) {
  const Context& context = use(y.device());
  dispatch_cuda("dropout", x.dtype(), [&]<class T>() {
    elementwise(context, Drop{static_cast<float>(factor)}, y.numel(), y.data<T>(), x.data<T>(), kept.data<uint8_t>());
  });
}

void cuda::count_up(Tensor& step) { launch(use(step.device()).stream, 1, 1, 0, count_up_kernel, step.data<int32_t>()); }

}  // namespace radial
