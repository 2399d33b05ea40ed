// Noise with random labels: for what does not depend on what is in the pictures (speed, invariance).
#pragma once

#include "data/samples.h"

namespace radial {

// A batch like those of PictureSamples: [n, size, size, channels] standard normal, or bytes of any value where dtype is
// u8; and labels below `classes`.
Batch random_pictures(int64_t n, int64_t size, int classes, DType dtype, uint64_t seed = 0, int channels = 3);

}  // namespace radial
