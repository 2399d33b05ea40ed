// In which order blocks run, and threads between two collectives. A kernel that lacks a barrier gives other results in
// another order. RADIAL_EMULATION_ORDER=forward (default), reverse, random or random:SEED.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cuda_emulation {

class Order {
 public:
  Order();  // from the environment; throws Error if it says something else

  std::vector<size_t> of_blocks(size_t count);
  bool reverse() const { return kind_ == Kind::reverse; }
  size_t pick(size_t count);  // which of `count` waiting threads runs next; the last unless random

 private:
  enum class Kind { forward, reverse, random } kind_ = Kind::forward;
  uint64_t state_ = 1;
  uint64_t next();
};

}  // namespace cuda_emulation
