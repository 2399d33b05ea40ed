// Whether all ranks have the same weights.
#pragma once

#include "dist/group.h"
#include "train/task.h"

namespace radial {

// Throws Error(internal) with the first tensor in which the parameters, buffers or the task's state() of two ranks
// differ: machines that round differently, a task that keeps what its own batches say, or a bug. `when` is for the
// message.
void check_same_weights(Group& group, Task& task, const std::string& when);

}  // namespace radial
