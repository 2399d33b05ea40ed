// What a training asks of the networks of its task.
#pragma once

#include <string>
#include <vector>

#include "train/task.h"

namespace radial {

// Throws Error(internal) where the task contradicts itself: turns that do not name each party once, no result of the
// name that decides.
void check_parties(const Task& task);

// Freezes the parameters that fit the patterns, which begin with the party's name if it has one; its name alone stands
// for all of it. Returns their names. Throws Error(usage) for a pattern that fits nothing, and if nothing is left to
// train of a party.
std::vector<std::string> freeze_parties(const Task& task, const std::vector<std::string>& patterns);

// The name of the first weight that is not finite, "" if all are.
std::string first_non_finite_weight(const Task& task);
std::string place_of_non_finite(const Task& task);  // that weight, or "the activations"

}  // namespace radial
