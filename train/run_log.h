// The CSV files of a run, and its event files. Losses are in nats, rates in per cent, times in seconds.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "io/csv.h"
#include "train/options.h"
#include "train/run_folder.h"
#include "train/step_report.h"
#include "train/task.h"
#include "train/tensorboard_log.h"
#include "train/training_state.h"

namespace radial {

class RunLog {
 public:
  // What decides which columns there are.
  struct Contents {
    const TaskFacts& facts;  // outlives the log
    bool grad_norm = false;  // --clip-grad measures it
    bool ema = false;        // --ema-decay evaluates averages
    // Of parameters that learn faster or slower, by the names of layers.csv; none: all learn alike.
    LrFactors lr_factors = {};
    bool tensorboard = false;  // --tensorboard
  };
  static Contents contents(const Task& task, const TrainOptions& options);  // the task outlives it
  RunLog(const RunFolder& run, const Contents& contents);                   // new files
  // Goes on with those of a run: rows that came after `state` was saved are dropped. Error(file_format) if rows that
  // came before are missing or others.
  RunLog(const RunFolder& run, const Contents& contents, const TrainingState& state);

  // Rows are kept until flush() or sync(). TensorBoard draws all of them against the step.
  void step(const StepReport& report);  // with its layers, if it has some
  void validation(int64_t step, int epoch, const Evaluation& evaluation, double seconds);
  void epoch(const TrainingState& state);  // state.last

  bool full() const;  // enough rows for a flush()
  void flush();
  std::map<std::string, FileMark> sync();  // all is on the disk; what TrainingState::files takes

 private:
  void step_events(const StepReport& report, std::span<const double> values);

  const TaskFacts& facts_;
  const bool grad_norm_, ema_;
  const LrFactors lr_factors_;
  CsvWriter train_, val_, layers_, epochs_;
  TensorBoardLog tensorboard_;
};

}  // namespace radial
