// Time by kernel: `radial train --profile`. Off, it costs one load and branch a kernel call.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace radial {

struct ProfileEvent {
  const char* name;        // kernel: conv2d_backward_weight
  double start, duration;  // seconds since the start of the profile
};

// Collects the events of the calling thread until stop_profile(), which returns them in order of their ends.
void start_profile();
std::vector<ProfileEvent> stop_profile();

struct ProfileRow {
  std::string name;
  int64_t calls = 0;
  double seconds = 0;
};
// Sums by name, longest first.
std::vector<ProfileRow> summarise(const std::vector<ProfileEvent>& events);
// A trace for chrome://tracing or Perfetto, as JSON text.
std::string chrome_trace(const std::vector<ProfileEvent>& events);

namespace detail {
extern thread_local bool profiling;
double profile_clock();
void add_profile_event(const char* name, double start);
}  // namespace detail

class ProfileScope {
 public:
  explicit ProfileScope(const char* name)
      : name_(detail::profiling ? name : nullptr), start_(name_ ? detail::profile_clock() : 0) {}
  ~ProfileScope() {
    if (name_) detail::add_profile_event(name_, start_);
  }
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

 private:
  const char* name_;
  double start_;
};

}  // namespace radial
