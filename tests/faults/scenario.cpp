#include "tests/faults/scenario.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "tests/catch.h"
#include "tests/faults/injector.h"
#include "tests/faults/process.h"
#include "tests/faults/run_comparison.h"
#include "tests/io/scratch_folder.h"

namespace faults {
namespace {

namespace fs = std::filesystem;

// RUN lies in a folder that is there already, as a user's would.
std::string make_home(const std::string& home, const std::string& start) {
  fs::create_directories(home);
  const std::string run = home + "/run";
  if (!start.empty()) fs::copy(start, run, fs::copy_options::recursive);
  return run;
}

// Tells through a file, as it happens, what a process that may be killed did: its saves (the rename to
// last.safetensors, and then the sync of its folder) and the call that the fault met. Which call that is is not the
// same in each process: numbers of seconds have more or fewer digits, so buffers fill sooner or later.
class Witness {
 public:
  Witness(const std::string& file, std::string run) : out_(file), run_(std::move(run)) {
    observe({[this](const SeenCall& call) { finished(call); }, [this](const SeenCall& call) { tell("met", call); }});
  }

  void tell(const char* what, const SeenCall& call) {
    out_ << what << ' ' << static_cast<int>(call.call) << ' ' << call.changes << ' ' << call.path << std::endl;
  }

 private:
  void finished(const SeenCall& call) {
    const fs::path path(call.path);
    if (call.call == Call::rename && path.filename() == "last.safetensors") renamed_ = call.path;
    if (call.call != Call::sync || renamed_.empty() || path != fs::path(renamed_).parent_path()) return;
    out_ << "save " << saved_step(renamed_) << " 0 " << fs::path(renamed_).lexically_relative(run_).string()
         << std::endl;
    renamed_.clear();
  }

  std::ofstream out_;
  std::string run_, renamed_;
};

struct Told {
  std::vector<SeenCall> calls;
  std::vector<Rehearsal::Save> saves;
  std::optional<SeenCall> met;
};

Told told_in(const std::string& file) {
  Told told;
  std::istringstream lines(content_of(file));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string what, path;
    int64_t first = 0, second = 0;
    words >> what >> first >> second >> std::ws;
    std::getline(words, path);
    const SeenCall call{static_cast<Call>(first), path, second != 0};
    if (what == "call") told.calls.push_back(call);
    if (what == "met") told.met = call;
    if (what == "save") told.saves.push_back({path, first});
  }
  return told;
}

const std::string& watched(const Scenario& scenario, const std::string& home) {
  return scenario.data.empty() ? home : scenario.data;
}

// The name of the file that a temporary one stands for.
std::string plain_name(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  const size_t end = name.find(".tmp-");
  return name.starts_with('.') && end != std::string::npos ? name.substr(1, end - 1) : name;
}

bool must_be_survived(const Fault& fault, Call call) {
  if (fault.effect == Effect::fewer_bytes || fault.error == EINTR) return true;
  return call == Call::link && (fault.error == EPERM || fault.error == EMLINK);  // disks without links
}

// What is wrong with how the disturbed command ended.
std::string unclear_end(const Ended& ended, const Fault& fault, const SeenCall& call, const std::string& home) {
  if (ended.stuck()) return "it was stuck";
  switch (fault.effect) {
    case Effect::kill:
    case Effect::tear:
    case Effect::power_cut:
      return ended.killed_by(SIGKILL) || ended.exited(0) ? "" : "it " + ended.text();
    case Effect::terminate:
      return ended.exited(143) || ended.exited(0) || ended.killed_by(SIGTERM) ? "" : "it " + ended.text();
    default:
      break;
  }
  if (ended.exited(0)) return "";
  if (must_be_survived(fault, call.call)) return "this could have been survived, but it " + ended.text();
  if (!ended.exited(7)) return "exit code 7 was expected, but it " + ended.text();
  const size_t message = ended.err.find("radial: error: ");
  if (message == std::string::npos) return "no message, it " + ended.text();
  // Where more calls fail than one, it may be another one's file.
  const bool only_one = fault.effect == Effect::fail;
  const std::string named = only_one ? plain_name(call.path) : home;
  if (call.path.starts_with(home + "/") && ended.err.find(named, message) == std::string::npos)
    return "the message does not name the file, it " + ended.text();
  if (ended.err.find(".tmp-") != std::string::npos) return "the message names a temporary file, it " + ended.text();
  return "";
}

std::string lost_saves(const std::vector<Rehearsal::Save>& saves, const std::string& run) {
  for (const auto& save : saves)
    if (saved_step(run + "/" + save.file) < save.step)
      return "LOST: " + save.file + " was saved after step " + std::to_string(save.step) + " but has step " +
             std::to_string(saved_step(run + "/" + save.file));
  return "";
}

}  // namespace

Arguments with_folder(Arguments arguments, const std::string& run) {
  for (std::string& argument : arguments)
    if (argument == "RUN") argument = run;
  return arguments;
}

Rehearsal rehearse(const Scenario& scenario, const std::string& folder) {
  const std::string home = folder + "/home", run = make_home(home, scenario.start);
  const Ended ended = in_process(folder + "/rehearsal", [&] {
    watch(watched(scenario, home));
    Witness witness(folder + "/told", run);
    const int code = radial_command(with_folder(scenario.begin, run));
    for (const SeenCall& call : stop_watching()) witness.tell("call", call);
    return code;
  });
  INFO(scenario.name << " " << ended.text());
  REQUIRE(ended.exited(0));
  Told told = told_in(folder + "/told");
  return {run, std::move(told.calls), std::move(told.saves)};
}

std::string try_fault(const Scenario& scenario, const std::string& goal, const Fault& fault,
                      const std::string& scratch) {
  const std::string home = scratch + "/home", run = make_home(home, scenario.start);
  const Ended ended = in_process(scratch + "/first", [&] {
    watch(watched(scenario, home), fault);
    const Witness witness(scratch + "/told", run);
    return radial_command(with_folder(scenario.begin, run));
  });
  const Told told = told_in(scratch + "/told");
  std::string wrong;
  if (told.met)
    wrong = unclear_end(ended, fault, *told.met, watched(scenario, home));
  else if (!ended.exited(0))
    wrong = "no fault met it, but it " + ended.text();
  if (!wrong.empty()) wrong += "\n  ";
  wrong += lost_saves(told.saves, run);
  // What was told as not drawn, of a training that ended well, is drawn when it goes on.
  const bool no_figure = ended.err.find("no figure: ") != std::string::npos;
  if (ended.exited(0))
    if (const std::string differs = differences(goal, run, no_figure); !differs.empty())
      return wrong + "exit code 0, but" + differs;
  Ended then = in_process(scratch + "/then", [&] { return radial_command(with_folder(scenario.go_on, run)); });
  std::string how = "going on";
  if (then.exited(2) && then.err.find("is not the folder of a run") != std::string::npos) {
    then = in_process(scratch + "/again", [&] { return radial_command(with_folder(scenario.again, run)); });
    how = "the same command again";
  }
  const std::string before = "after it " + ended.text() + "\n  ";
  if (!then.exited(0)) return wrong + before + "STUCK: " + how + " " + then.text();
  if (const std::string differs = differences(goal, run); !differs.empty())
    return wrong + before + "LOST: after " + how + differs;
  return wrong;
}

Faults kills(const std::vector<SeenCall>& calls) {
  Faults faults;
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto at = static_cast<int64_t>(i + 1);
    if (calls[i].changes) faults.push_back({at, Effect::kill});
    if (calls[i].call == Call::write) faults.push_back({at, Effect::tear});
  }
  return faults;
}

Faults signals(const std::vector<SeenCall>& calls) {
  Faults faults;
  for (size_t i = 0; i < calls.size(); ++i)
    if (calls[i].changes) faults.push_back({static_cast<int64_t>(i + 1), Effect::terminate});
  return faults;
}

// A sync changes what a power cut leaves.
Faults power_cuts(const std::vector<SeenCall>& calls, Lost lost) {
  Faults faults;
  for (size_t i = 0; i < calls.size(); ++i)
    if (calls[i].changes || calls[i].call == Call::sync)
      faults.push_back({static_cast<int64_t>(i + 1), Effect::power_cut, 0, lost});
  return faults;
}

Faults errors(const std::vector<SeenCall>& calls, bool each) {
  Faults faults;
  std::array<size_t, 16> turn{};  // of each kind of calls
  for (size_t i = 0; i < calls.size(); ++i) {
    const Call call = calls[i].call;
    const auto at = static_cast<int64_t>(i + 1);
    const std::vector<int>& possible = errors_of(call);
    size_t& now = turn[static_cast<size_t>(call)];
    for (size_t k = 0; k < (each ? 2 * possible.size() : 1); ++k, ++now)
      faults.push_back({at, now / possible.size() % 2 == 0 ? Effect::fail : Effect::fail_from_here,
                        possible[now % possible.size()]});
    if (call == Call::write) {
      if (each || now % 2 == 0) faults.push_back({at, Effect::fewer_bytes});
      if (each || now % 2 == 1) faults.push_back({at, Effect::disk_full, ENOSPC});
    }
    if (each && (call == Call::write || call == Call::read || call == Call::open))
      faults.push_back({at, Effect::fail, EINTR});
  }
  return faults;
}

std::vector<Case> cases_of(const Scenario& scenario, const Rehearsal& rehearsal, const std::string& goal,
                           const Faults& faults, size_t every) {
  const auto shared = std::make_shared<const Scenario>(scenario);
  std::vector<Case> cases;
  for (size_t i = 0; i < faults.size(); i += every) {
    const Fault fault = faults[i];
    const std::string name =
        scenario.name + ": " + text_of(fault) + ": " + text_of(rehearsal.calls[static_cast<size_t>(fault.at - 1)]);
    cases.push_back(
        {name, [shared, goal, fault](const std::string& scratch) { return try_fault(*shared, goal, fault, scratch); }});
  }
  return cases;
}

}  // namespace faults
