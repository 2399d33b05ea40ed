// CUDA's words, as a C++ compiler may read them.
#pragma once

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __shared__ static  // an object of shared_memory.h, which gives each block memory of its own
