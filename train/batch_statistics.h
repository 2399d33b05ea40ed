// Running statistics of batch norm where a step has several batches: each batch's are taken apart and applied in the
// order of the batches, so that it does not matter which process computed which.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nn/norms.h"
#include "train/task.h"

namespace radial {

class BatchStatistics {
 public:
  explicit BatchStatistics(std::span<const Party> parties);  // whose networks outlive it

  void begin();                                   // of a batch: running statistics stay as they are until end()
  std::string end();                              // what the batch would have done to them, as bytes
  void apply_all(const std::string& of_batches);  // one after the other

 private:
  void apply(const std::string& of_batch);

  std::vector<BatchNorm*> norms_;
  size_t bytes_ = 0;  // of a batch
};

}  // namespace radial
