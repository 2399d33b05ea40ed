// Dropout (Srivastava et al., JMLR 2014).
#pragma once

#include <cstdint>

#include "core/ops/random.h"
#include "nn/module.h"

namespace radial {

// y = x mask / (1 - p) in training, where mask is 0 with probability p, else 1; y = x in evaluation.
class Dropout : public Layer {
 public:
  explicit Dropout(double p);  // throws Error(usage) unless p is in [0, 1]
  Tensor forward(const Tensor& x) override;
  void visit(Visitor&) override {}

  double p() const { return p_; }
  // What the next forward passes draw; each draws the same.
  void draw_from(const RandomKey& key) { key_ = key; }

 private:
  double p_;
  RandomKey key_;
};

// Before the forward pass of a batch: what a dropout of the module draws in it follows from the seed, the batch's epoch
// and number and the dropout's name alone, so that a training goes on in mid-epoch as if it had not been stopped.
void begin_dropouts(Module& module, uint64_t seed, int epoch, int64_t batch);

// Whether training draws: each step then has a mask of its own, which a recorded graph of a GPU would freeze.
bool has_dropouts(Module& module);

}  // namespace radial
