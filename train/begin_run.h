// A run begins: in a new folder, or where a former one was stopped or killed.
#pragma once

#include "train/run.h"

namespace radial {

// The data of resolved settings; where those of a run that goes on are gone, the error asks for the place.
void open_data(Settings& settings);

// Throws Error(usage) if the run in `folder` has other options than these, among those that may not change.
void check_same_options(const std::string& folder, Settings& now);

// The same options, data, source code and weights on all ranks: else they would train apart, or wait for each other.
// `data` is what the task tells of its own. Throws Error(usage) on all of them.
void check_same_beginning(Group& group, Settings& settings, Task& task, const std::string& data);

// Settings must be resolved and their data open.
RunOutcome start_run(Settings& settings, const Surroundings& surroundings);

// Goes on in settings.train.resume. A run that was killed before its first checkpoint begins anew. Throws
// Error(dataset) if the data are not those that the run began with, Error(file_format) if checkpoint or CSV files are
// damaged, or if rows are missing that the checkpoint relies on. A run that has all its epochs is left alone.
RunOutcome go_on_with_run(Settings& settings, const Surroundings& surroundings);

}  // namespace radial
