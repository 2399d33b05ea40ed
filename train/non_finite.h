// Where a NaN or an infinity comes from.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "nn/module.h"
#include "train/task.h"

namespace radial {

bool is_finite(const Tensor& x);

// The first parameter or buffer with a value that is not finite; "" if there is none.
std::string first_non_finite_weight(Module& model);

// For a batch whose loss is not finite: a weight if one is not finite, else the first layer whose output is not when
// the task makes the gradients of the batch once more, as "the output of layer1.0.conv1 (conv2d)".
std::string first_non_finite(Task& task, const Batch& batch, const Turn& turn);

// A loss that is NaN or infinite: where it began, and the samples of the batch.
class NonFiniteLoss : public Error {
 public:
  NonFiniteLoss(const std::string& message, std::string where, std::vector<std::string> samples)
      : Error(ErrorKind::non_finite, message), where_(std::move(where)), samples_(std::move(samples)) {}
  const std::string& where() const { return where_; }
  const std::vector<std::string>& samples() const { return samples_; }

 private:
  std::string where_;
  std::vector<std::string> samples_;
};

}  // namespace radial
