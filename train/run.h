// A training with all that surrounds it: run folder, checkpoints, CSV files, progress, signals.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "train/non_finite.h"
#include "train/run_folder.h"
#include "train/run_listener.h"
#include "train/run_log.h"
#include "train/settings.h"
#include "train/step_profile.h"
#include "train/stop_signals.h"
#include "train/trainer.h"

namespace radial {

// What a run is given by the program that starts it.
struct Surroundings {
  RunListener& listener;
  std::string command;                             // for command.txt
  std::function<std::string(Device)> environment;  // for env.json
  // Draws figures/training of a run that has a result.json.
  std::function<void(const RunFolder&)> draw = {};
};

// The figure of a run, for a look at it: what keeps it from being drawn is told, and is no reason to fail. Of a run
// that ended without it, it is drawn when the run is to go on.
void draw_run(const RunFolder& run, const Surroundings& surroundings);
bool has_figure(const RunFolder& run);

struct RunOutcome {
  int code = 0;         // 0, or 128 + the signal that stopped it
  std::string summary;  // what was reached, with the profile's table
};

class TrainingRun {
 public:
  // Of several processes that which leads has the log and writes the folder's files; the listeners of others are
  // silent.
  TrainingRun(Trainer& trainer, Settings& settings, const RunFolder& run, std::optional<RunLog> log,
              const Surroundings& surroundings);

  // Trains to the end, or until a signal. Saves before the first step, every --save-every minutes, before and after
  // each evaluation, and when a signal or an error ends it, unless that left a step half done. Writes result.json
  // however it ends.
  RunOutcome run();

 private:
  RunOutcome train();
  bool train_epoch();
  bool validate(int epoch);
  bool finish_epoch();
  bool must_stop();  // by a signal, or because the hours are over: of any process
  bool no_patience() const;
  RunOutcome stopped();
  RunOutcome finished();

  void announce();
  void announce_processes();
  std::string numbers_so_far() const;
  std::string reached() const;
  void read_steps();
  void report_step(const StepReport& report);
  void report_bad();
  bool save_due();
  void save();
  void write_checkpoints();
  void save_after_error();
  void keep_epochs();
  void write_result(const std::string& reason, int code, const NonFiniteLoss* cause = nullptr);
  void write_result_after_error(const std::string& reason, ErrorKind kind, const NonFiniteLoss* cause = nullptr);

  Trainer& trainer_;
  Group& group_;
  TrainingState& state_;
  Settings& settings_;
  const TrainOptions& options_;
  const RunFolder& run_;
  std::optional<RunLog> log_;
  StopSignals signals_;
  int stop_signal_ = 0;      // that a process got
  bool save_asked_ = false;  // by a signal to a process, or by the time
  const Surroundings& surroundings_;
  RunListener& listener_;
  StepProfile profile_;
  Stopwatch watch_, since_flush_, since_save_;
  TrainingState saved_;         // what the last checkpoint holds
  bool unsaved_;                // there is none yet
  int64_t steps_here_ = 0;      // made by this process
  double rate_ = 0, wait_ = 0;  // images a second and share of waiting, smoothed
};

}  // namespace radial
