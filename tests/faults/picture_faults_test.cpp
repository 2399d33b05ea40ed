// Calls on pictures and their folders fail: an error of the system must stop the training, whatever --on-bad-image
// says, because a picture that is left out is another training.
#include "tests/faults/trainings.h"

using namespace faults;

namespace {

void try_pictures(const std::string& on_bad, const std::string& workers, bool each) {
  Scenario scenario =
      training("pictures, " + on_bad + ", " + workers + " workers", {"--on-bad-image", on_bad, "--workers", workers});
  const ScratchFolder scratch, beside;
  const Rehearsal rehearsal = rehearse(scenario, scratch.path().string());
  scenario.data = ground().pictures();
  const Rehearsal reading = rehearse(scenario, beside.path().string());
  run_cases(scenario.name, cases_of(scenario, reading, rehearsal.folder, errors(reading.calls, each), each ? 1 : 3));
}

}  // namespace

TEST_CASE("a picture that the system cannot read stops the training, which goes on") {
  try_pictures("error", "0", false);
  try_pictures("skip", "0", false);
}

TEST_CASE("every error of every call on pictures", "[.soak]") {
  for (const char* on_bad : {"error", "skip"})
    for (const char* workers : {"0", "2"}) try_pictures(on_bad, workers, true);
}
