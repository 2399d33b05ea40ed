// How a training shows that it lives, on stderr: a bar on a terminal, otherwise a line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace radial::apps {

struct ProgressReport {
  int epoch = 0, epochs = 0;
  int64_t done = 0, total = 0;  // batches of the epoch
  double loss = 0, top1 = 0;    // means of the epoch so far, per cent
  double images_per_second = 0;
  double data_wait = 0;     // share of the time, 0 to 1
  double eta_seconds = -1;  // of the whole training; negative: not known yet
};

class Progress {
 public:
  Progress();   // looks at stderr, TERM and NO_COLOR
  ~Progress();  // leaves the cursor on an empty line

  void training(const ProgressReport& report);
  void evaluating(int64_t done, int64_t total);  // batches
  void line(const std::string& text);            // a whole line, above the bar

 private:
  using Clock = std::chrono::steady_clock;

  bool due();
  void draw(const std::string& head, double part, const std::string& tail);

  bool bar_ = false;
  bool colour_ = false;
  bool drawn_ = false;  // there is a bar on the last line
  Clock::duration interval_;
  Clock::time_point next_;
};

// "1:05", "2:03:04", "3 d 4 h"
std::string duration_text(double seconds);

}  // namespace radial::apps
