// Results so large that no cache keeps them for whoever reads them next are written past the caches (non-temporal
// stores): memory is spared the lines that would be read only to be written over.
#pragma once

#include <cstddef>

namespace radial::simd {

inline constexpr size_t bytes_past_caches = size_t{10} << 20;

}  // namespace radial::simd
