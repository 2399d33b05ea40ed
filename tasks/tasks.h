// The tasks of Radial, a folder each.
#pragma once

namespace radial {

void add_tasks();  // to those that the program knows (train/task_options.h)

}  // namespace radial
