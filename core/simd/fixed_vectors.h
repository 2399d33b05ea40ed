// Highway without the instruction sets whose vectors have no size when compiling (SVE, RVV): the kernels keep their
// accumulators in arrays of vectors. ARM processors run the NEON kernels. Include this before any header of Highway.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include <hwy/targets.h>
