// Adversarial training: pictures into classes, learned from pictures that are attacked in each step.
#pragma once

#include <optional>

#include "tasks/adversarial/attack.h"
#include "tasks/classify/classify.h"

namespace radial {

// The attack looks at the network in evaluation mode, and for gradients of pictures alone; the step is that of the
// attacked batch, in training mode. An evaluation sees each picture twice: clean, and attacked.
class Adversarial : public Classify {
 public:
  // Pictures are of the normalisation that parts.input has; the attacks are in units of values from 0 to 1.
  Adversarial(Parts parts, const Attack& training, const Attack& evaluation);

  void gradients(const Batch& batch, const Turn& turn, Tensor& numbers) override;

 protected:
  void evaluate_batch(const Batch& batch, Tensor& numbers) override;

 private:
  // The network's input, attacked.
  Tensor attacked(const Batch& batch, const Attack& attack, const char* use);
  Tensor to_input(const Tensor& values) const;  // from values of 0 to 1

  Attack training_, evaluation_;
  NetworkInput exact_;           // the network's, but of the dtype that small steps need
  Tensor mean_, std_, inv_std_;  // [3], on the device; undefined where they are 0, 1 and 1
};

}  // namespace radial
