// Learning-rate schedules: pure functions of the position in training, so that a resumed run cannot lose them.
#pragma once

#include <cstdint>
#include <vector>

#include "io/options.h"

namespace radial {

enum class ScheduleKind { constant, step, multistep, cosine };
const Choices<ScheduleKind>& schedule_names();

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::constant;
  double gamma = 0.1;                          // step, multistep: factor of each drop
  int step_epochs = 30;                        // step: epochs between drops
  std::vector<int> milestones = {30, 60, 90};  // multistep: a drop after each of these epochs
  double warmup_epochs = 0;                    // linear from 0 over the first steps, multiplied with the rest
};

void list_options(OptionList& list, ScheduleOptions& options);

// The factor of step `step` (from 0) of an epoch (from 1) with steps_per_epoch, in a training of `epochs`:
//   step       gamma^floor((epoch - 1) / step_epochs)
//   multistep  gamma^(milestones < epoch)
//   cosine     (1 + cos(pi t / T)) / 2, t the steps done, T all steps
//   warm-up    times min(1, (t + 1) / (warmup_epochs * steps_per_epoch))
double lr_factor(const ScheduleOptions& options, int epoch, int64_t step, int64_t steps_per_epoch, int epochs);

}  // namespace radial
