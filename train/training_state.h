// Where a training stands: what a checkpoint holds beside weights and optimizer state.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "analysis/layer_recorder.h"
#include "io/csv.h"
#include "train/numbers.h"

namespace radial {

// What an epoch came to, by name: "train_loss", "val_top1"; rates in per cent.
struct EpochResult {
  int epoch = 0;  // 0: before training
  std::vector<std::pair<std::string, double>> values;

  double of(const std::string& name) const;  // Error(file_format) if it is not there
  EpochResult none() const;                  // the same names, zeros
};

struct TrainingState {
  int64_t step = 0;      // made so far
  int epoch = 1;         // under way, from 1
  int64_t batch = 0;     // of this epoch, the next to train on
  double lr = 0;         // of the last step
  Sums sums;             // over this epoch so far
  EpochAverage average;  // over its recorded steps so far

  int finished_epochs = 0;  // evaluated and recorded
  EpochResult last, best;   // best: by the task's choice; epoch 0: none yet

  int64_t images = 0;                   // trained on, in all
  double seconds = 0;                   // spent, evaluation included
  int64_t skipped = 0;                  // pictures that could not be used, each time counted
  std::vector<std::string> bad_images;  // their paths, once each

  // What the CSV files held when this was saved; nothing in checkpoints of before version 2.
  std::map<std::string, FileMark> files;
};

nlohmann::ordered_json to_json(const EpochResult& result);
nlohmann::ordered_json to_json(const TrainingState& state, std::span<const Measure> measures);
// Error(file_format) with the path if something is missing or of another type.
EpochResult epoch_result_from(const std::string& json, const std::string& path);
TrainingState training_state_from(const std::string& json, const std::string& path, std::span<const Measure> measures);

}  // namespace radial
