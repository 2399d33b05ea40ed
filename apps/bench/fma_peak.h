// The processor's speed limit, measured: what shares of peak are shares of.
#pragma once

namespace radial::apps {

// GFLOP/s of float32 fused multiply-adds (two operations each) in registers, on all threads() at once, with the SIMD
// target that Radial's kernels use. The best of several runs, about a tenth of a second in all.
double measure_fma_peak();

}  // namespace radial::apps
