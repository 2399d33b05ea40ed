#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace radial {

const Choices<ScheduleKind>& schedule_names() {
  static const Choices<ScheduleKind> names = {{"constant", ScheduleKind::constant},
                                              {"step", ScheduleKind::step},
                                              {"multistep", ScheduleKind::multistep},
                                              {"cosine", ScheduleKind::cosine}};
  return names;
}

void list_options(OptionList& list, ScheduleOptions& options) {
  list.add_choice("schedule", options.kind, schedule_names(), "Of the learning rate");
  list.add("lr-step-epochs", options.step_epochs, "step: epochs from drop to drop", at_least(1));
  list.add("lr-milestones", options.milestones, "multistep: drops after these epochs", at_least(1));
  list.add("lr-gamma", options.gamma, "step, multistep: factor of a drop", at_least(0));
  list.add("min-lr", options.min_lr, "The rate that the schedule ends at, or does not go below", at_least(0));
  list.add("warmup-epochs", options.warmup_epochs, "Epochs of a smaller rate in the beginning", at_least(0));
  const Choices<WarmupKind> warmups = {{"linear", WarmupKind::linear}, {"constant", WarmupKind::constant}};
  list.add_choice("warmup", options.warmup, warmups, "In them the rate grows from --warmup-lr, or stays there");
  list.add("warmup-lr", options.warmup_lr, "See --warmup", at_least(0));
}

double lr_factor(const ScheduleOptions& options, int epoch, int64_t step, int64_t steps_per_epoch, int epochs,
                 double lr) {
  const double least = lr > 0 ? std::min(1.0, options.min_lr / lr) : 0, start = lr > 0 ? options.warmup_lr / lr : 0;
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
      factor = least + (1 - least) * factor;
      break;
  }
  factor = std::max(factor, least);
  const double warmup = options.warmup_epochs * static_cast<double>(steps_per_epoch);
  if (warmup == 0) return factor;
  if (options.warmup == WarmupKind::constant) return done < warmup ? factor * start : factor;
  return factor * std::min(1.0, start + (1 - start) * ((done + 1) / warmup));
}

}  // namespace radial
