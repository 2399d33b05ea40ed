// smem_array and dynamic_smem of core/cuda/gpu.h.
#pragma once

#include "tests/cuda_emulation/block.h"

namespace cuda_emulation {

// `__shared__ smem_array<float, 32> s;` is a static object: it finds the memory of the running block. Constructed by
// the compiler, so that no lock of a first use orders threads.
template <class T, int N>
class SharedArray {
 public:
  template <class I>
  T& operator[](I i) {
    if (static_cast<size_t>(i) >= size_t{N}) misuse(text("index ", i, " of a shared array of ", N));
    return data()[i];
  }
  operator T*() { return data(); }

 private:
  T* data() { return static_cast<T*>(shared_memory(state_, sizeof(T) * N)); }
  SharedArrayState state_;
};

}  // namespace cuda_emulation
