// The parts of radial reproduce, a file each.
#pragma once

#include "apps/cli/command.h"
#include "experiments/experiment.h"

namespace radial::apps {

Command reproduce_figure3_command();
Command reproduce_figure4_command();
Command reproduce_lemma_command();
Command reproduce_table1_command();
Command reproduce_table2_command();
Command reproduce_table3_command();
Command reproduce_table4_command();
Command reproduce_table5_command();
Command reproduce_table6_command();
Command reproduce_toy3d_command();

// Trains in the folder, or goes on there, and says on stderr which command would do the same. The exit code.
int train_planned(PlannedRun& run, const std::string& folder);

// --data of those that train.
inline void list_data(OptionList& list, std::string& data) {
  Option& option = list.add("data", data, "Folder with train/<class>/* and val/<class>/*");
  option.required = true;
  option.type = "DATA";
}

}  // namespace radial::apps
