// Numbers of batches: what a task measures of each, how they are read, and what they come to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/tensor.h"
#include "dist/group.h"

namespace radial {

// A number for people.
struct Column {
  std::string name;      // in files and with --json: "top1"
  std::string label;     // on the screen and in figures: "top-1"
  bool percent = false;  // a share, written as 0 to 100
};
std::string shown(const Column& column, double value);  // "top-1 12.50 %", "loss 0.1234"

// An epoch's numbers in files: those of training, and those of its evaluation.
inline std::string in_training(const std::string& name) { return "train_" + name; }
inline std::string in_validation(const std::string& name) { return "val_" + name; }
inline std::string of_averages(const std::string& name) { return "ema_" + name; }  // its evaluation with --ema-decay

// A number that each batch has in training.
struct Measure : Column {
  enum class Kind {
    mean,  // over the batch's samples
    count  // of its samples
  };
  Kind kind = Kind::mean;
  bool written = true;  // is a column of train.csv and epochs.csv
};

// Of a batch, as the task left them: a value a measure.
struct BatchNumbers {
  int64_t samples = 0;
  std::vector<double> values;
};

// Numbers that their device keeps until they are asked for: a GPU would have to wait for each that is read at once.
class PendingNumbers {
 public:
  PendingNumbers(Device device, int64_t columns);

  Tensor next(int64_t samples);  // float64 [columns], to be written
  void reserve(int64_t more);    // the tensors of so many calls of next() then stay in place
  int64_t batches() const { return static_cast<int64_t>(samples_.size()); }
  // Those since the last call, in order. Waits for the device.
  std::vector<BatchNumbers> take();

 private:
  Tensor numbers_;                // f64 [capacity, columns]; grows
  std::vector<int64_t> samples_;  // of each batch
};

// Those of all ranks, in the order of ranks.
std::vector<BatchNumbers> gathered(Group& group, const std::vector<BatchNumbers>& own);

// After how many steps or batches their numbers are read: at once on a CPU, where they are at hand.
int64_t steps_between_readings(Device device);

// Sums over samples, so that means are exact whatever the size of the last batch.
struct Sums {
  int64_t samples = 0;
  std::vector<double> values;  // a measure each; empty: zeros

  void add(const BatchNumbers& batch, std::span<const Measure> measures);
  void add(const Sums& other);
  double of(size_t measure, std::span<const Measure> measures) const;  // the mean or share; 0 of no samples
};

}  // namespace radial
