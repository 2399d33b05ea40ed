// Cores and threads of this process, beside others of the same training.
#pragma once

#include <string>

#include "dist/group.h"

namespace radial {

int cores_of_machine();
int cores_of_process();  // those that it may run on: launchers bind processes to some

// Threads for each process, so that those that share cores have a core for each thread. All ranks call it together.
int fair_threads(Group& group);

std::string host_name();

}  // namespace radial
