#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"

namespace radial {

ScheduleKind schedule_from(const std::string& name) {
  if (name == "constant") return ScheduleKind::constant;
  if (name == "step") return ScheduleKind::step;
  if (name == "multistep") return ScheduleKind::multistep;
  if (name == "cosine") return ScheduleKind::cosine;
  fail(ErrorKind::usage, "schedule: \"", name, "\" is unknown; there are constant, step, multistep, cosine");
}

double lr_factor(const ScheduleOptions& options, int epoch, int64_t step, int64_t steps_per_epoch, int epochs) {
  const double done = static_cast<double>((epoch - 1) * steps_per_epoch + step);
  double factor = 1;
  switch (options.kind) {
    case ScheduleKind::constant:
      break;
    case ScheduleKind::step:
      factor = std::pow(options.gamma, (epoch - 1) / std::max(1, options.step_epochs));
      break;
    case ScheduleKind::multistep: {
      const auto passed = std::count_if(options.milestones.begin(), options.milestones.end(),
                                        [&](int milestone) { return milestone < epoch; });
      factor = std::pow(options.gamma, static_cast<double>(passed));
      break;
    }
    case ScheduleKind::cosine:
      factor = (1 + std::cos(std::numbers::pi * done / static_cast<double>(epochs * steps_per_epoch))) / 2;
      break;
  }
  const double warmup = options.warmup_epochs * static_cast<double>(steps_per_epoch);
  return warmup > 0 ? factor * std::min(1.0, (done + 1) / warmup) : factor;
}

}  // namespace radial
