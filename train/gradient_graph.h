// The part of a training step from the pictures to the gradients as a graph of the GPU. The optimizer's step is no part
// of it: that has a few launches, and numbers of its own in each step.
#pragma once

#include <optional>
#include <vector>

#include "core/graph.h"
#include "data/loader.h"
#include "nn/module.h"
#include "train/network_input.h"

namespace radial::apps {

class GradientGraph {
 public:
  struct Result {
    Tensor logits, labels, loss;  // overwritten by the next run
  };

  // The model must outlive it and keep its tensors.
  GradientGraph(Layer& model, const NetworkInput& input, double label_smoothing)
      : model_(model), input_(input), label_smoothing_(label_smoothing) {}

  // Sets the gradients of the model's parameters, whatever they are, to those of the batch's mean loss. Nothing where
  // that must be done step by step: at the first batch of a shape, and at batches of another shape than the graph's. It
  // is recorded at the second of two batches in turn that have one shape.
  std::optional<Result> run(const Batch& batch);

 private:
  void record();

  Layer& model_;
  const NetworkInput& input_;
  double label_smoothing_;
  Shape last_shape_;
  Tensor images_, labels_;  // the graph's, of the dtypes of the loader
  Result result_;
  std::vector<NamedTensor> parameters_;
  std::vector<Tensor> gradients_;
  std::unique_ptr<Graph> graph_;
};

}  // namespace radial::apps
