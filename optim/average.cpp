#include "optim/average.h"

#include <set>
#include <utility>

#include "core/autograd.h"
#include "core/untracked.h"
#include "optim/clip.h"

namespace radial {

MovingAverage::MovingAverage(std::vector<NamedTensor> tensors, double decay)
    : tensors_(std::move(tensors)), decay_(decay) {
  check(0 <= decay && decay <= 1, "MovingAverage: decay is ", decay, " but must be in [0, 1]");
  std::set<const void*> places;
  for (const NamedTensor& named : tensors_) {
    check(named.tensor.numel() == 0 || places.insert(named.tensor.bytes_data()).second, "MovingAverage: \"", named.name,
          "\" is there twice");
    averages_.push_back(Untracked::clone(named.tensor));
  }
}

void MovingAverage::update() {
  check(!swapped_, "MovingAverage: the averages are swapped in, so there is nothing to average");
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor value = tensors_[i].tensor.detach();
    if (value.numel() == 0) continue;
    if (is_float(value.dtype()))
      kernels::move_average(averages_[i], value, decay_);
    else
      averages_[i].copy_from(value);
  }
}

void MovingAverage::swap() {
  const NoGrad no_grad;
  if (!swapped_) {
    std::vector<Tensor> own;
    for (const NamedTensor& named : tensors_) own.push_back(Untracked::clone(named.tensor));
    own_ = std::move(own);
  }
  const std::vector<Tensor>& values = swapped_ ? own_ : averages_;
  for (size_t i = 0; i < tensors_.size(); ++i) tensors_[i].tensor.copy_from(values[i]);
  swapped_ = !swapped_;
  if (!swapped_) own_.clear();
}

std::vector<NamedTensor> MovingAverage::state() const {
  check(!swapped_, "MovingAverage: the averages are swapped in; swap them back before they are saved");
  std::vector<NamedTensor> all = tensors_;
  for (size_t i = 0; i < all.size(); ++i) all[i].tensor = averages_[i];
  return all;
}

}  // namespace radial
