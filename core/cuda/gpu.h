// CUDA as Radial uses it: the only way to it, for kernels and for the code that launches them. nvcc compiles the .cu
// sources for a GPU; in a build with RADIAL_CUDA=EMULATED the same sources are plain C++ (tests/cuda_emulation/). So
// kernels are launched by launch(), not by <<<>>>, and shared memory is declared as below.
//   __shared__ smem_array<float, 32> partial;   a plain array on a GPU; take &partial[0], never its sizeof
//   float* tile = dynamic_smem<float>();        what the launch asked for, aligned to 16 bytes
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "core/error.h"

#ifdef RADIAL_CUDA_EMULATED
#include "tests/cuda_emulation/cuda_emulation.h"
#else
#include <cuda_runtime.h>
#endif

namespace radial::cuda {

// Throws Error unless the call succeeded; `op` begins the message. No memory is its own kind of error.
inline void check_cuda(cudaError_t error, std::string_view op) {
  if (error == cudaSuccess) [[likely]]
    return;
  fail(error == cudaErrorMemoryAllocation ? ErrorKind::out_of_memory : ErrorKind::internal, op,
       ": CUDA says: ", cudaGetErrorString(error));
}

// The stream of a launch and the place in the source that an error of it names.
struct LaunchIn {
  cudaStream_t stream;
  const char* file;
  int line;
  LaunchIn(cudaStream_t stream_, const char* file_ = __builtin_FILE(), int line_ = __builtin_LINE())
      : stream(stream_), file(file_), line(line_) {}
};

#ifdef RADIAL_CUDA_EMULATED

template <class T, int N>
using smem_array = cuda_emulation::SharedArray<T, N>;

template <class T>
T* dynamic_smem() {
  return static_cast<T*>(cuda_emulation::dynamic_shared_memory());
}

template <class... Parameters, class... Arguments>
void launch(LaunchIn where, dim3 grid, dim3 block, size_t shared_bytes, void (*kernel)(Parameters...),
            Arguments&&... arguments) {
  cuda_emulation::launch(grid, block, shared_bytes, {where.file, where.line}, kernel,
                         std::forward<Arguments>(arguments)...);
}

#elif defined(__CUDACC__)

template <class T, int N>
using smem_array = T[N];

template <class T>
__device__ __forceinline__ T* dynamic_smem() {
  extern __shared__ __align__(16) unsigned char dynamic_smem_bytes[];
  return reinterpret_cast<T*>(dynamic_smem_bytes);
}

// Runs kernel(arguments...) in the stream, on the current device.
template <class... Parameters, class... Arguments>
void launch(LaunchIn where, dim3 grid, dim3 block, size_t shared_bytes, void (*kernel)(Parameters...),
            Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = where.stream;
  const cudaError_t error = cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
  if (error != cudaSuccess)
    fail(ErrorKind::internal, where.file, ":", where.line, ": launch of ", grid.x, " x ", grid.y, " x ", grid.z,
         " blocks of ", block.x, " x ", block.y, " x ", block.z, " threads: CUDA says: ", cudaGetErrorString(error));
}

#endif

}  // namespace radial::cuda
