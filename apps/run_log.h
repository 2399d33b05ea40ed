// The CSV files of a run. Losses are in nats, accuracies in per cent, times in seconds.
#pragma once

#include <cstdint>
#include <span>

#include "analysis/layer_recorder.h"
#include "apps/run_folder.h"
#include "apps/training_state.h"
#include "io/csv.h"

namespace radial::apps {

class RunLog {
 public:
  explicit RunLog(const RunFolder& run);  // new files
  // Goes on with those of a run: rows that came after `state` was saved are dropped.
  RunLog(const RunFolder& run, const TrainingState& state);

  // The step of `state`, with the score and rates of its pictures.
  void step(const TrainingState& state, const Score& score, double images_per_second, double data_wait);
  void layers(const TrainingState& state, std::span<const LayerMeasure> layers);
  void validation(const EpochResult& result, double seconds);
  void epoch(const TrainingState& state);  // state.last

  void flush();

 private:
  CsvWriter train_, val_, layers_, epochs_;
};

}  // namespace radial::apps
