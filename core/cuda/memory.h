// Memory of the GPUs.
#pragma once

#include <memory>

#include "core/pool.h"
#include "core/tensor.h"

namespace radial::cuda {

// The pool that the card's memory is taken from now: its own, or that of a graph while one is recorded. A block that
// was given back may be in use by kernels still under way; that does no harm, because whoever gets it next uses it in
// the same stream, after them.
std::shared_ptr<Pool> pool(int index);

// Most bytes that all pools together, those of graphs too, have taken from a card at once.
size_t peak_memory(int index);

// While one lives, memory of the card comes from a pool of its own.
class OwnPool {
 public:
  explicit OwnPool(int index);
  ~OwnPool();
  OwnPool(const OwnPool&) = delete;
  OwnPool& operator=(const OwnPool&) = delete;
  std::shared_ptr<Pool> pool() const { return pool_; }

 private:
  int index_;
  std::shared_ptr<Pool> pool_, before_;
};

// y = x, one of which at least lies on a card, the other elsewhere; the same shape and dtype. From the CPU to a card
// nobody waits: the copy takes its turn in the card's stream, and x may be overwritten. Otherwise it waits for what x
// and y are still used for and returns when the values are there.
void transfer(Tensor& y, const Tensor& x);

}  // namespace radial::cuda
