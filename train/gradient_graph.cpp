#include "train/gradient_graph.h"

#include "core/autograd.h"
#include "core/ops.h"
#include "data/picture_samples.h"

namespace radial {

std::optional<GradientGraph::Result> GradientGraph::run(const Batch& batch) {
  const Tensor &images = batch[PictureSamples::image], &labels = batch[PictureSamples::label];
  const Shape shape = images.shape();
  if (!graph_) {
    if (shape != last_shape_) {
      last_shape_ = shape;
      return std::nullopt;
    }
    images_ = Tensor::empty(shape, images.dtype(), input_.device);
    labels_ = Tensor::empty(labels.shape(), labels.dtype(), input_.device);
    record();
  }
  if (shape != images_.shape()) return std::nullopt;
  images_.copy_from(images);
  labels_.copy_from(labels);
  for (size_t i = 0; i < parameters_.size(); ++i) parameters_[i].tensor.node()->grad = gradients_[i];
  graph_->run();
  return result_;
}

void GradientGraph::record() {
  parameters_ = model_.parameters();
  for (NamedTensor& parameter : parameters_) parameter.tensor.zero_grad();
  graph_ = Graph::record(input_.device, [this] {
    const Tensor logits = model_(input_(images_));
    const Tensor loss = cross_entropy(logits, labels_, {.label_smoothing = label_smoothing_});
    loss.backward();
    result_ = {logits.detach(), labels_, loss.detach()};
  });
  for (const NamedTensor& parameter : parameters_) gradients_.push_back(parameter.tensor.grad());
}

}  // namespace radial
