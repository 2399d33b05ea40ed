// Time by kernel: `radial train --profile`. Off, it costs one load and branch a kernel call.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace radial {

struct ProfileEvent {
  std::string name;        // kernel: conv2d_backward_weight; of one that serves many ops the op: relu_forward
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
void add_profile_event(const char* kernel, const char* op, double start);
}  // namespace detail

class ProfileScope {
 public:
  explicit ProfileScope(const char* kernel, const char* op = nullptr)
      : kernel_(detail::profiling ? kernel : nullptr), op_(op), start_(kernel_ ? detail::profile_clock() : 0) {}
  ~ProfileScope() {
    if (kernel_) detail::add_profile_event(kernel_, op_, start_);
  }
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

 private:
  const char *kernel_, *op_;
  double start_;
};

}  // namespace radial
