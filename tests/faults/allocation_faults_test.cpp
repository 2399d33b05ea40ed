// Memory runs out at every allocation of a training.
#include <csignal>
#include <fstream>

#include "tests/faults/allocations.h"
#include "tests/faults/run_comparison.h"
#include "tests/faults/trainings.h"

using namespace faults;

namespace {

int64_t count_allocations(const Scenario& scenario, const ScratchFolder& scratch) {
  const Ended ended = in_process(scratch / "first", [&] {
    watch_allocations(0, false);
    const int code = radial_command(with_folder(scenario.begin, scratch / "run"));
    put(scratch / "count", std::to_string(allocations()));
    return code;
  });
  INFO(ended.text());
  REQUIRE(ended.exited(0));
  return std::stoll(content_of(scratch / "count"));
}

std::string try_allocation(const Scenario& scenario, const std::string& goal, int64_t at, bool from_here,
                           const std::string& scratch) {
  const std::string run = scratch + "/run";
  const Ended ended = in_process(scratch + "/first", [&] {
    watch_allocations(at, from_here);
    return radial_command(with_folder(scenario.begin, run));
  });
  if (ended.stuck()) return "it was stuck";
  // A figure may not be drawn; an allocation may be tried again elsewhere.
  // Destructors of nlohmann-json and functions of libstdc++ that may not throw ask for memory, too, and abort without
  // it: that must cost no more than a kill.
  const bool aborted = ended.killed_by(SIGABRT);
  if (!ended.exited(0) && !ended.exited(6) && !aborted) return "exit code 6 was expected, but it " + ended.text();
  if (ended.exited(6) && ended.err.find("radial: error: ") == std::string::npos)
    return "no message, it " + ended.text();
  const bool no_figure = ended.err.find("no figure: ") != std::string::npos;
  if (ended.exited(0)) {
    const std::string differs = differences(goal, run, no_figure);
    return differs.empty() ? "" : "exit code 0, but" + differs;
  }
  Ended then = in_process(scratch + "/then", [&] { return radial_command(with_folder(scenario.go_on, run)); });
  if (then.exited(2))
    then = in_process(scratch + "/again", [&] { return radial_command(with_folder(scenario.again, run)); });
  if (!then.exited(0)) return "after it " + ended.text() + "\n  STUCK: going on " + then.text();
  const std::string differs = differences(goal, run);
  return differs.empty() ? "" : "after it " + ended.text() + "\n  LOST: after going on" + differs;
}

void try_allocations(const Scenario& scenario, int64_t every, bool from_here) {
  const ScratchFolder scratch;
  const int64_t all = count_allocations(scenario, scratch);
  const std::string goal = scratch / "run";
  std::vector<Case> cases;
  constexpr int64_t own = 20;  // the first are the test's
  for (int64_t at = own; at <= all; at += every)
    cases.push_back({scenario.name + ": allocation " + std::to_string(at) + (from_here ? " and all later ones" : ""),
                     [=](const std::string& folder) { return try_allocation(scenario, goal, at, from_here, folder); }});
  run_cases(scenario.name + ", of " + std::to_string(all) + " allocations" + (from_here ? ", and all later ones" : ""),
            cases);
}

}  // namespace

TEST_CASE("memory runs out at one of many allocations of a training, which goes on") {
  try_allocations(eager_training(), 499, false);
}

TEST_CASE("memory runs out at every allocation", "[.soak]") {
  try_allocations(eager_training(), 1, false);
  try_allocations(training("two workers", {"--workers", "2"}), 7, false);
}

TEST_CASE("memory runs out for good", "[.soak]") { try_allocations(eager_training(), 5, true); }
