// A command that is disturbed, and what must come of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/faults/cases.h"
#include "tests/faults/fault.h"

namespace faults {

using Arguments = std::vector<std::string>;

// In the arguments of a scenario RUN stands for the folder that is written.
Arguments with_folder(Arguments arguments, const std::string& run);

struct Scenario {
  std::string name;
  Arguments begin;    // what is disturbed
  Arguments go_on;    // what a user calls then; `again` if there is nothing to go on with
  Arguments again;    // the command that the run began with
  std::string start;  // what lies in RUN beforehand: the folder that is copied; "": nothing
  std::string data;   // "": calls on files of RUN are disturbed, otherwise those below this folder
};

// The scenario without any fault.
struct Rehearsal {
  struct Save {
    std::string file;  // relative to RUN
    int64_t step;
  };
  std::string folder;  // what it should come to
  std::vector<SeenCall> calls;
  std::vector<Save> saves;
};

// Runs it in `folder`. Fails the test if it fails.
Rehearsal rehearse(const Scenario& scenario, const std::string& folder);

// What is wrong with how the command ends under a fault, or with what is left, or with how it goes on: it must end with
// the files of `goal`, a folder; no finished save may be lost; and whoever fails must say so.
std::string try_fault(const Scenario& scenario, const std::string& goal, const Fault& fault,
                      const std::string& scratch);

using Faults = std::vector<Fault>;

// Every call that changes something on the disk, and the end of a write's first half.
Faults kills(const std::vector<SeenCall>& calls);
Faults signals(const std::vector<SeenCall>& calls);
Faults power_cuts(const std::vector<SeenCall>& calls, Lost lost);
// Every call fails: once, or from there on; with one of the errors that the system may give, in turn, or with each.
Faults errors(const std::vector<SeenCall>& calls, bool each);

// Each `every`-th of the faults, tried.
std::vector<Case> cases_of(const Scenario& scenario, const Rehearsal& rehearsal, const std::string& goal,
                           const Faults& faults, size_t every = 1);

}  // namespace faults
