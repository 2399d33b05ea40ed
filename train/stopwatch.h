// How long something takes.
#pragma once

#include <chrono>
#include <string>

namespace radial {

// Since it was made.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double milliseconds() const { return 1e3 * seconds(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// "1:05", "2:03:04", "3 d 4 h"
std::string duration_text(double seconds);

}  // namespace radial
