// Samples that a training leaves out: each is counted each time, and told once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/bad_sample.h"
#include "train/task.h"
#include "train/training_state.h"

namespace radial {

class SkippedSamples {
 public:
  explicit SkippedSamples(Task& task) : task_(task), taken_(task.loaders().size()) {}

  // A sample that would have been a batch of its own.
  void add_lone(int64_t sample) { lone_.push_back(sample); }

  // Counts in `state` those of all ranks since the last call; returns those that it did not know.
  std::vector<BadSample::Entry> take(TrainingState& state, Group& group);

 private:
  struct Skipped {
    size_t place = 0;  // which of the task's loaders left it out; after the last of them: it was alone
    std::string path, message;
  };
  std::vector<Skipped> since_last();
  void take_unusable(TrainingState& state, std::vector<BadSample::Entry>& fresh);

  Task& task_;
  std::vector<size_t> taken_;  // of the list of each of the task's loaders
  bool unusable_taken_ = false;
  std::vector<int64_t> lone_;  // not yet taken
};

}  // namespace radial
