// Memory of the GPUs.
#pragma once

#include "core/pool.h"
#include "core/tensor.h"

namespace radial::cuda {

// The pool of a card. A block that was given back may be in use by kernels still under way; that does no harm, because
// whoever gets it next uses it in the same stream, after them.
Pool& pool(int index);

// y = x, one of which at least lies on a card, the other elsewhere; the same shape and dtype. From the CPU to a card
// nobody waits: the copy takes its turn in the card's stream, and x may be overwritten. Otherwise it waits for what x
// and y are still used for and returns when the values are there.
void transfer(Tensor& y, const Tensor& x);

}  // namespace radial::cuda
