// The front of a source that is compiled once for each instruction set: it says
//
//   #define HWY_TARGET_INCLUDE "core/its/own/name.cpp"
//   #include "core/simd/every_target.h"
//
// and after that HWY_BEFORE_NAMESPACE(). The name must be its own words: foreach_target.h includes the source by it,
// and __FILE__ would be another file there. No include guard: Highway must be seen anew for each instruction set.

// clang-format off
#include "core/simd/fixed_vectors.h"
#include "core/simd/target.h"
#include <hwy/foreach_target.h>  // compiles the source once for each instruction set
#include <hwy/highway.h>
// clang-format on
