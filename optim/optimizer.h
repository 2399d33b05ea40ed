// Optimizers: groups of parameters with one options struct each, state beside its parameter, observers around a step.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/kernel_memory.h"
#include "core/named_tensor.h"
#include "optim/projection.h"

namespace radial {

class Optimizer;
struct UpdateRule;  // optim/update.h, for those who write an optimizer

// One parameter in an optimizer, as observers see it.
struct Slot {
  NamedTensor param;                 // w, with its gradient
  std::array<Tensor, 2> state = {};  // undefined where the optimizer has none
  int64_t steps = 0;                 // those that it took: in which it had a gradient
};

// Measures steps. Neither training code nor kernels know of it; attaching one changes no bit of the training.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  // Called before the weights change (gradients are there, and are never written by a step) ...
  virtual void before_step(const Optimizer& optimizer) = 0;
  // ... and after; steps() is the number of this step, from 1, in both.
  virtual void after_step(const Optimizer& optimizer) = 0;
};

// What Optimizer::decisions() says, or a copy of it: waits for its device.
std::vector<Projection> projections_from(const Tensor& decisions);

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // One update of all parameters that have a gradient. Not virtual: counts, calls observers, asks for the rules.
  void step();
  void zero_grad();

  // Learning rate of a step = lr of the group's options * factor; schedules set the factor.
  void set_lr_factor(double factor) { lr_factor_ = factor; }
  double lr_factor() const { return lr_factor_; }

  // Steps of the optimizer. A parameter that had no gradient in some took fewer, and what a formula counts (bias
  // correction, the first step) are the parameter's own, as in PyTorch.
  int64_t steps() const { return steps_; }
  std::map<std::string, int64_t> fewer_steps() const;  // of the parameters that took fewer than steps()
  // When a run is resumed: all took `steps` but those in `fewer`. Throws Error(usage) if one of those is unknown or
  // its number not in [0, steps].
  void set_steps(int64_t steps, const std::map<std::string, int64_t>& fewer = {});

  // The observer must stay where it is as long as steps are made.
  void observe(StepObserver& observer) { observers_.push_back(&observer); }

  std::span<const Slot> slots() const { return slots_; }

  // Along which view the update of each slot was projected in the last step, none where it had no gradient: values of
  // Projection, i32, written and kept by the device of the parameters. projected() copies them all at once.
  const Tensor& decisions() const { return decisions_; }
  std::vector<Projection> projected() const { return projections_from(decisions_); }

  // State for checkpoints: "<parameter>.<state>" ("layer1.0.conv1.weight.momentum"), shared data, kind of the
  // parameter. Allocated at construction, so that a resumed run can copy into it.
  virtual std::vector<NamedTensor> state() = 0;

 protected:
  // Throws Error(usage) if a tensor needs no gradient, was computed from others, appears twice, or if they lie on two
  // devices.
  explicit Optimizer(std::vector<NamedTensor> params);
  virtual UpdateRule rule(size_t slot) const = 0;  // of this step, which is counted already

  std::vector<Slot> slots_;
  double lr_factor_ = 1;
  int64_t steps_ = 0;

 private:
  Tensor decisions_;
  KernelMemory kernel_memory_;
  std::vector<StepObserver*> observers_;
};

}  // namespace radial
