// radial bench: what each of its parts measures. All print one JSON object a line with --json, a table otherwise.
#pragma once

#include <vector>

#include "apps/cli/command.h"
#include "core/device.h"
#include "train/stopwatch.h"

namespace radial::apps {

Command bench_step_command();
Command bench_optimizer_command();
Command bench_loader_command();
Command bench_ops_command();

double median(std::vector<double> values);  // of an even number: the mean of the two in the middle

// Steps that are timed as one: the host prepares the next ones of a GPU while it computes.
inline int steps_together(Device device) { return device.type == DeviceType::cuda ? 10 : 1; }

}  // namespace radial::apps
