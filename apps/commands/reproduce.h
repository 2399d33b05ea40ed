// The parts of radial reproduce, a file each.
#pragma once

#include "apps/cli/command.h"

namespace radial::apps {

Command reproduce_figure3_command();
Command reproduce_lemma_command();
Command reproduce_toy3d_command();

}  // namespace radial::apps
