// y[i] = f(x0[i], x1[i], ...) for all i: one pass over memory, 16 bytes a thread and access where the pointers allow
// it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "core/cuda/context.h"
#include "core/cuda/dtypes.h"

namespace radial::cuda {

constexpr unsigned elementwise_threads = 256;

// V elements that are read or written at once.
template <class T, int V>
struct alignas(V * sizeof(T)) Pack {
  T of[V];
};

template <int V, class T>
__device__ __forceinline__ const Pack<T, V>& pack_at(const T* place) {
  return *reinterpret_cast<const Pack<T, V>*>(place);
}
template <int V, class T>
__device__ __forceinline__ Pack<T, V>& pack_at(T* place) {
  return *reinterpret_cast<Pack<T, V>*>(place);
}

// Elements of a pack: the widest type fills 16 bytes.
template <class... T>
constexpr int pack_size = 16 / static_cast<int>(std::max({sizeof(T)...}));

// For kernels whose threads take V neighbouring channels of c: calls f.template operator()<V>() with as many T as fill
// 16 bytes if c and the pointers (to elements of at most 4 bytes) allow that, else with 1.
template <class T, class F>
void dispatch_pack(int64_t c, std::initializer_list<const void*> pointers, F&& f) {
  constexpr int V = pack_size<T>;
  const auto fits = [](const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % (V * 4) == 0; };
  if (c % V == 0 && std::all_of(pointers.begin(), pointers.end(), fits))
    f.template operator()<V>();
  else
    f.template operator()<1>();
}

template <int V, class F, class Y, class... X>
__global__ void __launch_bounds__(elementwise_threads) elementwise_kernel(F f, Y* y, int64_t n, const X*... x) {
  const int64_t first = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, stride = int64_t{gridDim.x} * blockDim.x;
  const auto map_pack = [&](int64_t p, const Pack<X, V>... packs) {
    Pack<Y, V> result;
#pragma unroll
    for (int k = 0; k < V; ++k) store(result.of[k], f(load(packs.of[k])...));
    reinterpret_cast<Pack<Y, V>*>(y)[p] = result;
  };
  for (int64_t p = first; p < n / V; p += stride) map_pack(p, reinterpret_cast<const Pack<X, V>*>(x)[p]...);
  for (int64_t i = n / V * V + first; i < n; i += stride) store(y[i], f(load(x[i])...));
}

// Blocks for n threads' work: enough to fill the device, at most what there is to do.
inline unsigned elementwise_blocks(const Context& context, int64_t threads) {
  constexpr int64_t blocks_per_multiprocessor = 2048 / elementwise_threads;
  const int64_t needed = (threads + elementwise_threads - 1) / elementwise_threads;
  return static_cast<unsigned>(std::clamp<int64_t>(needed, 1, context.multiprocessors * blocks_per_multiprocessor));
}

// f: a struct with `__device__ arithmetic<Y> operator()(arithmetic<X>...) const`. y may be one of the x.
template <class F, class Y, class... X>
void elementwise(const Context& context, F f, int64_t n, Y* y, const X*... x) {
  if (n == 0) return;
  constexpr int V = pack_size<Y, X...>;
  const auto fits = [](const auto* pointer) {
    return reinterpret_cast<uintptr_t>(pointer) % (V * sizeof(*pointer)) == 0;
  };
  if (fits(y) && (fits(x) && ...))
    launch(context.stream, elementwise_blocks(context, (n + V - 1) / V), elementwise_threads, 0,
           elementwise_kernel<V, F, Y, X...>, f, y, n, x...);
  else
    launch(context.stream, elementwise_blocks(context, n), elementwise_threads, 0, elementwise_kernel<1, F, Y, X...>, f,
           y, n, x...);
}

}  // namespace radial::cuda
