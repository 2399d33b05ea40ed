// f(i) for i in [0, n), a thread each: for short vectors, such as those of the channels.
#pragma once

#include "core/cuda/context.h"

namespace radial::cuda {

template <class F>
__global__ void each_kernel(F f, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) f(i);
}

// f: a struct with `__device__ void operator()(int64_t i) const`.
template <class F>
void each(const Context& context, int64_t n, const F& f) {
  constexpr unsigned threads = 128;
  if (n == 0) return;
  launch(context.stream, static_cast<unsigned>((n + threads - 1) / threads), threads, 0, each_kernel<F>, f, n);
}

}  // namespace radial::cuda
