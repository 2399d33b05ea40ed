// The formulas over runs of elements, vectorised for the processor at hand.
#pragma once

#include <cstdint>

#include "optim/formulas.h"

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
};

// Sums over a row, in double.
struct RowSums {
  double ww = 0, wg = 0, gg = 0, wd = 0;  // d: the direction
};

// The loops for one formula.
template <class T, class Formula>
struct UpdateLoops {
  // One pass: the state goes on, w takes the whole step.
  void (*step)(const Run<T>&, const Formula&, const LastLine<T>&);
  // First of two passes: the state goes on; the sums are for the test and the projection.
  RowSums (*advance)(const Run<T>&, const Formula&);
  // Second pass: w takes the step. write_back also stores the projected direction in s0 (the released SGDP).
  void (*apply)(const Run<T>&, const Formula&, const LastLine<T>&, bool write_back);
};

// Those for the instruction set in use (core/simd/target.h).
template <class T, template <class> class Formula>
const UpdateLoops<T, Formula<T>>& update_loops();

}  // namespace radial
