// RADIAL_HOST_DEVICE: for inline functions of plain values that kernels of a GPU call, too.
#pragma once

#ifdef __CUDACC__
#define RADIAL_HOST_DEVICE __host__ __device__
#else
#define RADIAL_HOST_DEVICE
#endif
