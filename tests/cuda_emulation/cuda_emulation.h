// CUDA on a CPU: what core/cuda/gpu.h includes in a build with RADIAL_CUDA=EMULATED instead of the CUDA toolkit. The
// same .cu sources become plain C++20: blocks run one after the other, the threads of a block are fibers that run until
// their next barrier, shuffle or vote. Misuse (a divergent barrier, a wrong mask, an index out of a shared array, a
// write behind a buffer, host memory given to a kernel) leaves launch() as a cuda_emulation::Error.
// docs/gpu.md says what this proves and what it cannot.
#pragma once

#include "tests/cuda_emulation/atomics.h"
#include "tests/cuda_emulation/collectives.h"
#include "tests/cuda_emulation/device_math.h"
#include "tests/cuda_emulation/keywords.h"
#include "tests/cuda_emulation/launch.h"
#include "tests/cuda_emulation/runtime_api.h"
#include "tests/cuda_emulation/shared_memory.h"
#include "tests/cuda_emulation/vector_types.h"
