// Whether all ranks have the same weights.
#pragma once

#include "dist/group.h"
#include "train/task.h"

namespace radial {

// Throws Error(internal) with the first tensor in which the parameters or buffers of two ranks differ: machines that
// round differently, or a bug. `when` is for the message.
void check_same_weights(Group& group, const Task& task, const std::string& when);

}  // namespace radial
