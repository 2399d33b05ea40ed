// What a run tells while it goes: whoever starts it shows it, or does not.
#pragma once

#include <cstdint>
#include <string>

namespace radial {

struct StepProgress {
  int epoch = 0, epochs = 0;
  int64_t done = 0, total = 0;  // batches of the epoch
  std::string numbers;          // means of the epoch so far: "loss 1.2345  top-1 12.50 %"
  double images_per_second = 0;
  double data_wait = 0;     // share of the time, 0 to 1
  double eta_seconds = -1;  // of the whole training; negative: not known yet
};

class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void line(const std::string& /*text*/) {}
  virtual void step(const StepProgress& /*progress*/) {}
  virtual void evaluating(int64_t /*batch*/, int64_t /*batches*/) {}
};

}  // namespace radial
