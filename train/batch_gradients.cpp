#include "train/batch_gradients.h"

#include "core/autograd.h"

namespace radial {
namespace {

std::vector<Shape> shapes_of(const Batch& batch) {
  std::vector<Shape> shapes;
  for (const Tensor& field : batch.fields) shapes.push_back(field.shape());
  return shapes;
}

}  // namespace

bool BatchGradients::run(const Batch& batch, const Turn& turn, Tensor& numbers) {
  const std::vector<Shape> shapes = graphs_ ? shapes_of(batch) : std::vector<Shape>();
  if (graphs_ && !graph_ && shapes == last_shapes_) record(batch, turn);
  if (!graph_ || shapes != shapes_of(batch_)) {
    last_shapes_ = shapes;
    task_.gradients(batch, turn, numbers);
    return false;
  }
  for (size_t i = 0; i < batch.fields.size(); ++i) batch_.fields[i].copy_from(batch.fields[i]);
  for (size_t i = 0; i < parameters_.size(); ++i) parameters_[i].tensor.node()->grad = gradients_[i];
  graph_->run();
  numbers.copy_from(numbers_);
  return true;
}

void BatchGradients::record(const Batch& batch, const Turn& turn) {
  batch_ = {.samples = batch.samples, .number = batch.number, .epoch = batch.epoch};
  for (const Tensor& field : batch.fields)
    batch_.fields.push_back(Tensor::empty(field.shape(), field.dtype(), device_));
  numbers_ = Tensor::zeros({static_cast<int64_t>(task_.facts().measures.size())}, DType::f64, device_);
  for (NamedTensor& parameter : task_.parties()[turn.party].network->parameters())
    if (parameter.tensor.requires_grad()) parameters_.push_back(parameter);
  for (NamedTensor& parameter : parameters_) parameter.tensor.zero_grad();
  graph_ = Graph::record(device_, [&] { task_.gradients(batch_, turn, numbers_); });
  for (const NamedTensor& parameter : parameters_) gradients_.push_back(parameter.tensor.grad());
}

}  // namespace radial
