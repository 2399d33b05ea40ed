// Learning-rate schedules: pure functions of the position in training, so that a resumed run cannot lose them.
#pragma once

#include <cstdint>
#include <vector>

#include "io/options.h"

namespace radial {

enum class ScheduleKind { constant, step, multistep, cosine };
const Choices<ScheduleKind>& schedule_names();

// How the first epochs begin: with a rate that grows from step to step, or with a smaller one.
enum class WarmupKind { linear, constant };

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::constant;
  double gamma = 0.1;                          // step, multistep: factor of each drop
  int step_epochs = 30;                        // step: epochs between drops
  std::vector<int> milestones = {30, 60, 90};  // multistep: a drop after each of these epochs
  double min_lr = 0;                           // which the schedule does not go below; warm-up may
  double warmup_epochs = 0;                    // 0: none; multiplied with the rest
  WarmupKind warmup = WarmupKind::linear;
  double warmup_lr = 0;  // linear: from here; constant: this
};

void list_options(OptionList& list, ScheduleOptions& options);

// The factor by which `lr` is multiplied in step `step` (from 0) of an epoch (from 1) with steps_per_epoch, in a
// training of `epochs`, with m = min_lr / lr and s = warmup_lr / lr:
//   step       max(m, gamma^floor((epoch - 1) / step_epochs))
//   multistep  max(m, gamma^(milestones < epoch))
//   cosine     m + (1 - m) (1 + cos(pi t / T)) / 2, t the steps done, T all steps
//   warm-up    times s + (1 - s) (t + 1) / (warmup_epochs * steps_per_epoch), at most 1; constant: times s
double lr_factor(const ScheduleOptions& options, int epoch, int64_t step, int64_t steps_per_epoch, int epochs,
                 double lr = 1);

}  // namespace radial
