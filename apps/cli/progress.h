// How a training shows that it lives, on stderr: a bar on a terminal, otherwise a line every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "train/run_listener.h"

namespace radial::apps {

class Progress : public RunListener {
 public:
  Progress();            // looks at stderr, TERM and NO_COLOR
  ~Progress() override;  // leaves the cursor on an empty line

  void line(const std::string& text) override;  // a whole line, above the bar
  void step(const StepProgress& progress) override;
  void evaluating(int64_t batch, int64_t batches) override;

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

}  // namespace radial::apps
