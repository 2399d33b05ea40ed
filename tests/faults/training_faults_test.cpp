// A training is disturbed at every call that it makes on its own files. Whatever becomes of it, it goes on with the
// bits of one that was not.
#include <filesystem>

#include "tests/faults/injector.h"
#include "tests/faults/run_comparison.h"
#include "tests/faults/trainings.h"

using namespace faults;

namespace {

int64_t count(const std::vector<SeenCall>& calls, Call kind) {
  int64_t n = 0;
  for (const SeenCall& call : calls) n += call.call == kind ? 1 : 0;
  return n;
}

// A scenario and how it goes undisturbed.
struct Prepared {
  explicit Prepared(Scenario what)
      : scenario(std::move(what)), rehearsal(rehearse(scenario, scratch.path().string())) {}
  ScratchFolder scratch;
  Scenario scenario;
  Rehearsal rehearsal;

  void try_all(const std::string& what, const Faults& faults, size_t every = 1) const {
    run_cases(scenario.name + ", " + what, cases_of(scenario, rehearsal, rehearsal.folder, faults, every));
  }
};

void try_everything(const Scenario& scenario, size_t every = 1) {
  const Prepared one(scenario);
  const std::vector<SeenCall>& calls = one.rehearsal.calls;
  one.try_all("kills", kills(calls), every);
  one.try_all("errors, each", errors(calls, true), every);
  one.try_all("SIGTERM", signals(calls), every);
  for (const Lost lost : {Lost::all, Lost::names, Lost::contents, Lost::half}) {
    const Faults cuts = power_cuts(calls, lost);
    one.try_all("power cuts, " + text_of(cuts.front()), cuts, every);
  }
}

// Going on after a first kill is disturbed once more.
void try_twice(const Prepared& first, size_t every_first, size_t every_second, bool with_errors) {
  const Faults all = kills(first.rehearsal.calls);
  const ScratchFolder scratch;
  std::vector<Case> cases;
  std::vector<std::unique_ptr<ScratchFolder>> folders;
  for (size_t i = 0; i < all.size(); i += every_first) {
    folders.push_back(std::make_unique<ScratchFolder>());
    Scenario second = first.scenario;
    second.start = *folders.back() / "cut";
    const std::string home = *folders.back() / "home";
    std::filesystem::create_directory(home);
    in_process(*folders.back() / "first", [&] {
      watch(home, all[i]);
      return radial_command(with_folder(second.begin, home + "/run"));
    });
    if (!std::filesystem::exists(home + "/run/config.toml")) continue;  // it has not begun
    std::filesystem::rename(home + "/run", second.start);
    second.name += " killed at " + std::to_string(all[i].at) + ", going on";
    second.begin = second.go_on;
    const Rehearsal rehearsal = rehearse(second, folders.back()->path().string() + "/second");
    Faults faults = kills(rehearsal.calls);
    if (with_errors)
      for (const Fault& fault : errors(rehearsal.calls, false)) faults.push_back(fault);
    for (Case& one : cases_of(second, rehearsal, first.rehearsal.folder, faults, every_second))
      cases.push_back(std::move(one));
  }
  run_cases(first.scenario.name + ", twice", cases);
}

}  // namespace

TEST_CASE("the injector sees what a training does to its files") {
  const Prepared eager(eager_training());
  for (const Call kind :
       {Call::open, Call::read, Call::write, Call::rename, Call::sync, Call::close, Call::mkdir, Call::stat}) {
    CAPTURE(name_of(kind));
    CHECK(count(eager.rehearsal.calls, kind) > 0);
  }
  CHECK(eager.rehearsal.saves.size() >= 3);
  CHECK(eager.rehearsal.saves.back().step == 9);
  CHECK(missing_checkpoints(eager.rehearsal.folder) == "");
  CHECK(differences(Prepared(eager_training()).rehearsal.folder, eager.rehearsal.folder) == "");
}

TEST_CASE("a training killed at any call goes on") {
  const Prepared eager(eager_training());
  eager.try_all("kills", kills(eager.rehearsal.calls));
}

TEST_CASE("a training of which any call fails says so and goes on") {
  const Prepared eager(eager_training());
  eager.try_all("errors", errors(eager.rehearsal.calls, false), 2);
}

TEST_CASE("a training goes on after a power cut") {
  const Prepared eager(eager_training());
  const std::vector<SeenCall>& calls = eager.rehearsal.calls;
  eager.try_all("power cuts, names and contents lost", power_cuts(calls, Lost::all), 2);
  eager.try_all("power cuts, contents lost", power_cuts(calls, Lost::contents), 4);
}

TEST_CASE("a training that SIGTERM stops at any call goes on") {
  const Prepared eager(eager_training());
  eager.try_all("SIGTERM", signals(eager.rehearsal.calls), 3);
}

TEST_CASE("a training that is killed again while it goes on, goes on") {
  const Prepared eager(eager_training());
  try_twice(eager, kills(eager.rehearsal.calls).size() / 4, 7, false);
}

TEST_CASE("figure3 goes on after kills and failures") {
  const Prepared three(figure3());
  three.try_all("kills", kills(three.rehearsal.calls), 29);
  three.try_all("errors", errors(three.rehearsal.calls, false), 53);
}

TEST_CASE("every fault of a plain training", "[.soak]") { try_everything(training("plain")); }

TEST_CASE("every fault of an eager training", "[.soak]") { try_everything(eager_training()); }

// Its saves are alike, and more than five calls each.
TEST_CASE("each fifth fault of a training that saves after every step", "[.soak]") {
  Scenario saving = eager_training();
  saving.name = "saving after every step";
  saving.begin = saving.again = saving.begin + Arguments{"--save-every", "0.0000001"};
  try_everything(saving, 5);
}

// Its trainings take the steps of the others.
TEST_CASE("each eleventh fault of figure3", "[.soak]") { try_everything(figure3(), 11); }

TEST_CASE("every fault after every tenth kill", "[.soak]") {
  const Prepared eager(eager_training());
  try_twice(eager, 10, 1, true);
}
