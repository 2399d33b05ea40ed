// The gradients of a batch: by the task, or, on a GPU, by a graph of what the task does. The optimizer's step is no
// part of it: that has a few launches, and numbers of its own in each step.
#pragma once

#include <memory>
#include <vector>

#include "core/graph.h"
#include "train/task.h"

namespace radial {

class BatchGradients {
 public:
  // The task must outlive it, and its networks keep their tensors. graphs: whether one may be recorded.
  BatchGradients(Task& task, Device device, bool graphs) : task_(task), device_(device), graphs_(graphs) {}

  // As task.gradients(). A graph sets the gradients, whatever they were, so it serves whole steps (turn.share 1). It is
  // recorded at the second of two batches in turn that have one shape, and serves batches of that shape.
  // Returns whether a graph did it.
  bool run(const Batch& batch, const Turn& turn, Tensor& numbers);

 private:
  void record(const Batch& batch, const Turn& turn);

  Task& task_;
  Device device_;
  bool graphs_;
  std::vector<Shape> last_shapes_;
  // Of the graph.
  Batch batch_;
  Tensor numbers_;
  std::vector<NamedTensor> parameters_;
  std::vector<Tensor> gradients_;
  std::unique_ptr<Graph> graph_;
};

}  // namespace radial
