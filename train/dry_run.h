// Does everything of a training once, writes nothing: radial train --dry-run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/device.h"
#include "dist/group.h"
#include "train/settings.h"
#include "train/task.h"

namespace radial {

// What a whole training would take.
struct DryRun {
  Device device;
  std::string network, data;       // what is trained, on what
  std::vector<std::string> notes;  // what the training would say as it begins
  double first_loss = 0;
  double step_seconds = 0;  // of the first step, with start-up
  int64_t steps_per_epoch = 0;
  double seconds = 0;
  int64_t memory_bytes = 0, host_memory_bytes = 0;  // taken so far, of the device and of the host; of a process
  int64_t disk_bytes = 0;
};

// Trains one step and evaluates one batch of each rank, all of which call it together. Settings must be resolved and
// their data open.
DryRun dry_run(Settings& settings, Group& group);

}  // namespace radial
