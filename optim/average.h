// Exponential moving averages of what a model learns: an evaluation with them is steadier than with the last weights.
#pragma once

#include <string>
#include <vector>

#include "core/named_tensor.h"

namespace radial {

class MovingAverage {
 public:
  // Of the tensors as they are now: parameters, buffers, or both. Floating-point ones are averaged, others follow. The
  // handles must stay the model's: a model that is moved or converted needs a new average. Throws Error(usage) for a
  // tensor that is there twice.
  MovingAverage(std::vector<NamedTensor> tensors, double decay);

  // average = average + (1 - decay) (value - average), after a step
  void update();
  // Gives the model the averages, or its own values back, which needs no memory: a destructor may. In between update()
  // throws.
  void swap();

  // For checkpoints: the averages, under the tensors' names; shared data. Not while they are swapped in.
  std::vector<NamedTensor> state() const;

 private:
  std::vector<NamedTensor> tensors_;
  std::vector<Tensor> averages_;
  std::vector<Tensor> own_;  // the model's values while it has the averages
  double decay_;
  bool swapped_ = false;
};

// While one lives, the model has the averages.
class WithAverages {
 public:
  explicit WithAverages(MovingAverage& average) : average_(average) { average_.swap(); }
  ~WithAverages() { average_.swap(); }
  WithAverages(const WithAverages&) = delete;
  WithAverages& operator=(const WithAverages&) = delete;

 private:
  MovingAverage& average_;
};

}  // namespace radial
