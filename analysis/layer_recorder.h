// What a step does to each parameter: its norm, its effective step, and how the step lies to the weights.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/kernel_memory.h"
#include "optim/optimizer.h"

namespace radial {

// w before and w' after the step, d = w' - w of the stored values, g the raw gradient; sums in float64.
// A tensor or row of norm 0 has no direction: NaN (an empty field in CSV files). A parameter that had no gradient was
// not stepped: its steps are 0, its cosine is NaN, nothing was projected. Where a weight is NaN, so are the norms and
// steps of its layer.
struct LayerMeasure {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  std::string name;
  Kind kind = Kind::conv;
  double norm = 0;                      // ||w'|| of the whole tensor
  double filter_norm = 0;               // mean over rows of dim 0 of ||row of w'||
  double effective_step = none;         // || w'/||w'|| - w/||w|| ||
  double filter_effective_step = none;  // mean of the same over the rows that have a direction
  double cos_grad = none;               // cosine of g and w
  double radial_step = none;            // <w, d> / ||w||, signed
  double tangential_step = none;        // || d - radial part ||
  Projection projected = Projection::none;
};

// The sums of one recorded step, where its device left them. Numbers are made of them when somebody asks, so recording
// does not wait for a device.
class StepRecord {
 public:
  std::vector<LayerMeasure> layers() const;  // one copy of all sums; waits for the device

 private:
  friend class LayerRecorder;
  struct Layer {
    std::string name;
    Kind kind;
    int64_t rows;
  };
  std::vector<Layer> layers_;
  Tensor sums_;       // f64 [rows of all layers, 5]
  Tensor decisions_;  // as Optimizer::decisions()
};

// Measures every parameter at every `every`-th step: steps every, 2 every, ... Costs one copy of the weights before and
// one pass over weights, copy and gradients after such a step; nothing at others.
class LayerRecorder : public StepObserver {
 public:
  explicit LayerRecorder(int64_t every = 1);

  void before_step(const Optimizer& optimizer) override;
  void after_step(const Optimizer& optimizer) override;

  // Of the last step, if it was recorded: else nothing. A record stays good when the training goes on.
  const std::optional<StepRecord>& record() const { return record_; }
  std::span<const LayerMeasure> layers();  // its numbers

 private:
  int64_t every_;
  std::vector<Tensor> before_;  // w of each slot, of the step under way
  KernelMemory copy_memory_, sums_memory_;
  std::optional<StepRecord> record_;
  std::vector<LayerMeasure> layers_;  // of record_, once they were asked for
};

// A point of each curve in the paper's Figure 3 (docs/figure3.md), for the norm and for the effective step: the mean
// over convolution layers of the mean over filters, averaged over the recorded steps of an epoch. Networks without
// convolutions: over linear layers.
struct EpochAverage {
  double norm_sum = 0, effective_step_sum = 0;
  int64_t steps = 0, steps_with_direction = 0;

  void add(std::span<const LayerMeasure> layers);
  double norm() const;            // NaN before the first step
  double effective_step() const;  // NaN where no layer had a direction
};

}  // namespace radial
