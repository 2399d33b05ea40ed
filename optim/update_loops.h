// The formulas over runs of elements, vectorised for the processor at hand.
#pragma once

#include <cstdint>

#include "core/host_device.h"
#include "optim/formulas.h"
#include "optim/projection.h"

namespace radial {

// A run of n elements of a parameter w with gradient g and up to two tensors of state; those that a formula has no
// use for are null.
template <class T>
struct Run {
  T* w;
  const T* g;
  T* s0;
  T* s1;
  int64_t n;

  RADIAL_HOST_DEVICE Run part(int64_t begin, int64_t count) const {
    return {w + begin, g + begin, s0 ? s0 + begin : nullptr, s1 ? s1 + begin : nullptr, count};
  }
};

// The loops for one formula.
template <class T, class Formula>
struct UpdateLoops {
  // One pass: the state goes on, w takes the whole step.
  void (*step)(const Run<T>&, const Formula&, const LastLine<T>&);
  // What the test for scale invariance looks at; reads w and g alone.
  RowSums (*sums)(const T* w, const T* g, int64_t n);
  // The state goes on, the direction is written to d; <w, d> in double. No coupled weight decay.
  double (*advance)(const Run<T>&, const Formula&, T* d);
  // w takes the step, d becomes the projected direction.
  void (*apply)(T* w, T* d, int64_t n, const LastLine<T>&);
};

// Those for the instruction set in use (core/simd/target.h).
template <class T, template <class> class Formula>
const UpdateLoops<T, Formula<T>>& update_loops();

}  // namespace radial
