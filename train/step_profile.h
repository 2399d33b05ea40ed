// Where the time of training steps goes, by kernel: `radial train --profile`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/profile.h"
#include "train/stopwatch.h"

namespace radial {

class StepProfile {
 public:
  explicit StepProfile(bool on) : on_(on) {}

  bool on() const { return on_; }
  void begin_step();
  void end_step(double waited);  // seconds for which the step waited for pictures

  std::string table() const;
  std::string trace() const;  // of the first steps, for chrome://tracing or Perfetto

 private:
  static constexpr int64_t traced_steps = 50;

  bool on_;
  Stopwatch watch_;
  double began_ = 0;    // of the step under way, by watch_
  double seconds_ = 0;  // of all steps
  int64_t steps_ = 0;
  std::map<std::string, ProfileRow> rows_;
  std::vector<ProfileEvent> events_;
};

}  // namespace radial
