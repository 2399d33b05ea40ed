// The subcommands, a file each.
#pragma once

#include "apps/cli/command.h"

namespace radial::apps {

// Their options depend on the task, which the words of the command line name.
Command train_command(const std::vector<std::string>& words);
Command evaluate_command(const std::vector<std::string>& words);
Command predict_command(const std::vector<std::string>& words);
Command export_command(const std::vector<std::string>& words);
Command clusters_command(const std::vector<std::string>& words);

Command figure_command();
Command summary_command();
Command report_command();
Command reproduce_command();
Command toy_command();
Command coco_ap_command();
Command invariance_command();
Command inspect_command();
Command synth_command();
Command bench_command();
Command completion_command();
Command doctor_command();

}  // namespace radial::apps
