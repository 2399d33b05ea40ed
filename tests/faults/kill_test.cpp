// The program itself, killed at random moments, several times in a row.
#include <chrono>
#include <cmath>
#include <csignal>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/faults/run_comparison.h"
#include "tests/faults/trainings.h"

using namespace faults;

namespace {

// Runs the program, and kills it after so many milliseconds; 0: never.
Ended program(const std::string& scratch, Arguments arguments, double milliseconds) {
  return in_process(scratch, [&]() -> int {
    const pid_t victim = ::fork();
    if (victim == 0) {
      arguments.insert(arguments.begin(), RADIAL_PROGRAM);
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(RADIAL_PROGRAM, argv.data());
      ::_exit(127);
    }
    if (milliseconds > 0) {
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(milliseconds));
      ::kill(victim, SIGKILL);
    }
    int status = 0;
    ::waitpid(victim, &status, 0);
    if (WIFSIGNALED(status)) ::raise(WTERMSIG(status));
    return WEXITSTATUS(status);
  });
}

double milliseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("200 kills at random moments", "[.soak]") {
  const Arguments often = {"--threads", "2", "--workers", "2", "--epochs", "20", "--keep", "2", "--layers-every", "1"};
  const Scenario scenario = training("killed", often);
  const ScratchFolder scratch;
  const std::string goal = scratch / "goal";
  const double whole = milliseconds_of([&] {
    const Ended ended = program(scratch / "goal", with_folder(scenario.begin, goal), 0);
    INFO(ended.text());
    REQUIRE(ended.exited(0));
  });
  constexpr int kills_in_all = 200;
  std::mt19937 random(1);
  int kills_made = 0, runs = 0;
  while (kills_made < kills_in_all) {
    const std::string run = scratch / ("run" + std::to_string(runs++));
    int64_t step = -1;
    bool begun = false;
    for (int turn = 0;; ++turn) {
      // Short and long lives; after ten kills it may finish.
      const double life = turn < 10 ? whole * std::pow(10.0, -2 * std::uniform_real_distribution<>(0, 1)(random)) : 0;
      Ended ended = program(run, with_folder(begun ? scenario.go_on : scenario.begin, run), life);
      if (begun && ended.exited(2) && ended.err.find("is not the folder of a run") != std::string::npos)
        ended = program(run, with_folder(scenario.begin, run), life);
      CAPTURE(run, turn, life, ended.text());
      REQUIRE((ended.exited(0) || (life > 0 && ended.killed_by(SIGKILL))));
      begun = std::filesystem::exists(run);
      const int64_t now = saved_step(run + "/checkpoints/last.safetensors");
      REQUIRE(now >= step);  // a save is never lost
      step = now;
      if (ended.exited(0)) break;
      ++kills_made;
    }
    CHECK(differences(goal, run) == "");
    std::filesystem::remove_all(run);
  }
  std::fprintf(stderr, "%d kills in %d runs of %.0f ms\n", kills_made, runs, whole);
}
