// Optimizers: groups of parameters with one options struct each, state beside its parameter, observers around a step.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/named_tensor.h"

namespace radial {

// Along which view the update of a parameter was projected in the last step (paper, section 2).
enum class Projection : int32_t { none = 0, channel = 1, layer = 2 };

constexpr const char* name_of(Projection projection) {
  switch (projection) {
    case Projection::channel:
      return "channel";
    case Projection::layer:
      return "layer";
    default:
      return "none";
  }
}

// One parameter in an optimizer, as observers see it.
struct Slot {
  NamedTensor param;                        // w, with its gradient
  Projection projected = Projection::none;  // of the last step
};

// Measures steps. Neither training code nor kernels know of it; attaching one changes no bit of the training.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  // `step` counts from 1. Called before the weights change (gradients are there, and are never written by a step) ...
  virtual void before_step(int64_t step, std::span<const Slot> slots) = 0;
  // ... and after.
  virtual void after_step(int64_t step, std::span<const Slot> slots) = 0;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // One update of all parameters that have a gradient. Not virtual: counts, calls observers, then update().
  void step();
  void zero_grad();

  // Learning rate of a step = lr of the group's options * factor; schedules set the factor.
  void set_lr_factor(double factor) { lr_factor_ = factor; }
  double lr_factor() const { return lr_factor_; }

  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }  // when a run is resumed

  // The observer must outlive the optimizer or be removed.
  void observe(StepObserver& observer) { observers_.push_back(&observer); }

  std::span<const Slot> slots() const { return slots_; }

  // State for checkpoints: "<parameter>.<state>" ("layer1.0.conv1.weight.momentum"), shared data, kind of the
  // parameter. Allocated at construction, so that a resumed run can copy into it.
  virtual std::vector<NamedTensor> state() = 0;

 protected:
  explicit Optimizer(std::vector<NamedTensor> params);  // throws if a tensor appears twice
  virtual void update() = 0;

  std::vector<Slot> slots_;
  double lr_factor_ = 1;
  int64_t steps_ = 0;  // already counts the step that update() makes

 private:
  std::vector<StepObserver*> observers_;
};

}  // namespace radial
