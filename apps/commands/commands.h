// The subcommands, a file each.
#pragma once

#include "apps/cli/command.h"

namespace radial::apps {

Command train_command();
Command evaluate_command();
Command predict_command();
Command figure_command();
Command reproduce_command();
Command toy_command();
Command invariance_command();
Command inspect_command();
Command synth_command();
Command bench_command();

}  // namespace radial::apps
