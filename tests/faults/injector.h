// Sees every call of the C library that concerns a file below one folder (calls.cpp defines these functions for the
// whole program), counts them, and lets a fault happen at one. One folder at a time, in this process.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/faults/fault.h"

namespace faults {

// Begins to count the calls on files below `folder`, an absolute path without links.
void watch(const std::string& folder, const Fault& fault = {});
// The calls since then. Stops counting.
std::vector<SeenCall> stop_watching();

// Calls that these make themselves are not counted.
struct Observer {
  std::function<void(const SeenCall&)> finished;  // after each call that did what it should
  std::function<void(const SeenCall&)> met;       // before the fault happens at a call
};
void observe(Observer observer);

}  // namespace faults
