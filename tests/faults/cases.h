// Many short cases, as many at a time as there are processors, each in a scratch folder of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace faults {

struct Case {
  std::string name;                                            // says enough to find it again
  std::function<std::string(const std::string& scratch)> run;  // returns what is wrong, or ""
};

// Fails the test with what is wrong, and prints to stderr how many cases there were and how long they took.
// RADIAL_FAULT_CASES=TEXT in the environment runs those alone whose name contains the text, and keeps their folders.
void run_cases(const std::string& what, const std::vector<Case>& cases);

}  // namespace faults
