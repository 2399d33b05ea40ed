// Memory of one task or of one call: aligned to cache lines, not initialised, from the pool.
#pragma once

#include <cstdint>

#include "core/storage.h"

namespace radial::simd {

class Floats {
 public:
  explicit Floats(int64_t count) : storage_(static_cast<size_t>(count) * sizeof(float), Device{}) {}
  float* data() { return static_cast<float*>(storage_.data()); }

 private:
  Storage storage_;
};

}  // namespace radial::simd
