// Highway without the instruction sets whose vectors have no size when compiling (SVE, RVV): the kernels keep their
// accumulators in arrays of vectors. ARM processors run the NEON kernels. Builds with sanitizers leave out more
// (cmake/radial_targets.cmake). Include this before any header of Highway.
#pragma once

#ifndef RADIAL_LEFT_OUT_TARGETS
#define RADIAL_LEFT_OUT_TARGETS 0
#endif
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | (RADIAL_LEFT_OUT_TARGETS))

#include <hwy/targets.h>
