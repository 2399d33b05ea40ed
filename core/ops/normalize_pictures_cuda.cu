// y = scale[c] x + shift[c], four values a thread: reads a byte and writes y once.
#include "core/cuda/elementwise.h"
#include "core/kernels.h"

namespace radial {

namespace {

// Of the channels; selected, not indexed, so that they stay in registers.
struct Affine {
  explicit Affine(const PictureStatistics& s) {
    for (int c = 0; c < 3; ++c) {
      scale[c] = static_cast<float>(s.inv_std[c] / 255);
      shift[c] = static_cast<float>(-s.mean[c] * s.inv_std[c]);
    }
  }
  __device__ float operator()(uint8_t x, unsigned c) const {
    const float a = c == 0 ? scale[0] : c == 1 ? scale[1] : scale[2];
    const float b = c == 0 ? shift[0] : c == 1 ? shift[1] : shift[2];
    return a * static_cast<float>(x) + b;
  }
  float scale[3], shift[3];
};

template <int V, class T>
__global__ void normalize_kernel(T* y, const uint8_t* x, const Affine affine, int64_t packs) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t p = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; p < packs; p += stride) {
    const auto first = static_cast<unsigned>(p * V % 3);
    const cuda::Pack<uint8_t, V> pixels = cuda::pack_at<V>(x + p * V);
    cuda::Pack<T, V> values;
#pragma unroll
    for (int k = 0; k < V; ++k) cuda::store(values.of[k], affine(pixels.of[k], (first + k) % 3));
    cuda::pack_at<V>(y + p * V) = values;
  }
}

}  // namespace

void cuda::normalize_pictures(Tensor& y, const Tensor& x, const PictureStatistics& statistics) {
  const int64_t n = x.numel();
  if (n == 0) return;
  const Context& context = use(x.device());
  dispatch_cuda("normalize_pictures", y.dtype(), [&]<class T>() {
    const auto run = [&]<int V>() {
      launch(context.stream, elementwise_blocks(context, n / V), elementwise_threads, 0, normalize_kernel<V, T>,
             y.data<T>(), x.data<uint8_t>(), Affine(statistics), n / V);
    };
    dispatch_pack<float>(n, {y.data<T>(), x.data<uint8_t>()}, run);
  });
}

}  // namespace radial
