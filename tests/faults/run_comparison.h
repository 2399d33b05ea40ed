// Whether a run that was disturbed ended as the undisturbed one did.
#pragma once

#include <cstdint>
#include <string>

namespace faults {

// What differs between two folders, runs or folders with runs, but for times, rates and the place: names of files,
// columns of CSV files, tensors and metadata of checkpoints, keys of JSON files. "" if nothing does.
// `without_figures`: figures were not drawn, and this was said.
std::string differences(const std::string& undisturbed, const std::string& folder, bool without_figures = false);

// The step that a checkpoint was saved after; -1 if there is none, or none that can be read.
int64_t saved_step(const std::string& checkpoint);

// What is wrong with the checkpoints that result.json names; "" if they are there.
std::string missing_checkpoints(const std::string& run);

}  // namespace faults
