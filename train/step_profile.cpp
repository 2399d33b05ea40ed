#include "train/step_profile.h"

#include <algorithm>

#include <fmt/format.h>

namespace radial {

void StepProfile::begin_step() {
  if (!on_) return;
  began_ = watch_.seconds();
  start_profile();
}

void StepProfile::end_step(double waited) {
  if (!on_) return;
  std::vector<ProfileEvent> events = stop_profile();
  for (const ProfileRow& row : summarise(events)) {
    ProfileRow& total = rows_[row.name];
    total.name = row.name;
    total.calls += row.calls;
    total.seconds += row.seconds;
  }
  ProfileRow& wait = rows_["waiting for pictures"];
  wait.name = "waiting for pictures";
  wait.calls += 1;
  wait.seconds += waited;
  seconds_ += watch_.seconds() - began_;
  if (steps_++ >= traced_steps) return;
  for (ProfileEvent& event : events) {
    event.start += began_;
    events_.push_back(event);
  }
}

std::string StepProfile::table() const {
  std::vector<ProfileRow> rows;
  double named = 0;
  for (const auto& [name, row] : rows_) {
    rows.push_back(row);
    named += row.seconds;
  }
  rows.push_back({"everything else", steps_, std::max(0.0, seconds_ - named)});
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  std::string text = fmt::format("{:<28} {:>9} {:>12} {:>8}\n", "kernel", "calls", "ms a step", "share");
  for (const ProfileRow& row : rows)
    text += fmt::format("{:<28} {:>9} {:>12.3f} {:>6.1f} %\n", row.name, row.calls,
                        1e3 * row.seconds / static_cast<double>(std::max<int64_t>(steps_, 1)),
                        100 * row.seconds / std::max(seconds_, 1e-12));
  return text + fmt::format("{} steps, {:.3f} ms a step\n", steps_,
                            1e3 * seconds_ / static_cast<double>(std::max<int64_t>(steps_, 1)));
}

std::string StepProfile::trace() const { return chrome_trace(events_); }

}  // namespace radial
