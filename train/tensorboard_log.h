// The numbers of a run for TensorBoard: event files in RUN/tensorboard.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "io/event_file.h"
#include "train/run_folder.h"
#include "train/training_state.h"

namespace radial {

// Each process that trains begins a file of its own, as TensorBoard expects: it reads the files of a folder by their
// names, one after the other to its end. Where a run goes on, files of before are cut off behind what the checkpoint
// knows, so that a step is in one place; the new file tells readers that came too early to drop what was cut off.
class TensorBoardLog {
 public:
  TensorBoardLog(const RunFolder& run, bool on);  // of a new run: removes files of a start that was killed
  // Goes on with those of a run, or leaves them as they were. Error(file_format) if events that came before `state` are
  // missing or changed in a file that is there.
  TensorBoardLog(const RunFolder& run, bool on, const TrainingState& state);

  bool on() const { return on_; }
  void add(int64_t step, std::span<const Scalar> scalars);  // nothing unless it is on

  size_t buffered() const { return file_ ? file_->buffered() : 0; }  // bytes
  void flush();
  void sync(std::map<std::string, FileMark>& marks);  // adds those of all its files, for TrainingState::files

 private:
  void begin_file();

  const RunFolder& run_;
  bool on_;
  std::optional<int64_t> goes_on_at_;       // the first step of this process, if there were others
  std::map<std::string, FileMark> before_;  // files that are complete, by their names in the run
  std::string name_;                        // of this process's file, once there is something in it
  std::optional<EventFile> file_;
};

}  // namespace radial
