// The instruction set of the vector kernels, chosen when the program runs.
#pragma once

#include <string>
#include <vector>

namespace radial::simd {

// The instruction sets that this build has kernels for and this processor can run, best first: of
// avx3 (AVX-512), avx2, sse4, ssse3, neon, scalar, and finer ones that newer versions of Highway know.
std::vector<std::string> supported_targets();

// The one in use: the best, unless the environment variable RADIAL_SIMD names another.
// Throws Error(usage) if RADIAL_SIMD is not one of supported_targets().
std::string target();

// Uses `name` from the next kernel call on ("": the default again); for tests. Not while kernels run.
void set_target(const std::string& name);

// Makes Highway's dispatch obey RADIAL_SIMD. Kernels call it before their first dispatch; costs next to nothing.
void prepare_dispatch();

std::string highway_version();  // "1.0.3": the library behind them

}  // namespace radial::simd
