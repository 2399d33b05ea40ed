#include "tests/faults/cases.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <sstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace faults {
namespace {

namespace fs = std::filesystem;

// What the processes share: the next case to take.
std::atomic<size_t>& shared_counter() {
  void* memory =
      ::mmap(nullptr, sizeof(std::atomic<size_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  return *new (memory) std::atomic<size_t>(0);
}

std::string outcome_of(const Case& one, const std::string& scratch, bool keep) {
  fs::create_directories(scratch);
  std::string wrong;
  try {
    wrong = one.run(scratch);
  } catch (const std::exception& error) {
    wrong = std::string("the test itself failed: ") + error.what();
  }
  if (keep)
    std::fprintf(stderr, "%s: %s: %s\n", one.name.c_str(), scratch.c_str(), wrong.empty() ? "good" : wrong.c_str());
  else
    fs::remove_all(scratch);
  return wrong;
}

// One of the processes: takes cases until there are no more, and writes what is wrong with them to a file.
[[noreturn]] void take_cases(const std::vector<Case>& cases, std::atomic<size_t>& next, const std::string& folder,
                             bool keep) {
  radial::set_threads(1);
  std::ofstream report(folder + "/report");
  for (size_t i = 0; (i = next++) < cases.size();) {
    const std::string wrong = outcome_of(cases[i], folder + "/" + std::to_string(i), keep);
    if (!wrong.empty()) report << cases[i].name << "\n  " << wrong << '\0' << std::flush;
  }
  report << "complete" << '\0' << std::flush;
  ::_exit(0);
}

// The reports that one of the processes wrote.
std::vector<std::string> reports_in(const std::string& file) {
  std::vector<std::string> reports;
  std::istringstream text(content_of(file));
  for (std::string report; std::getline(text, report, '\0');) reports.push_back(report);
  if (!reports.empty() && reports.back() == "complete")
    reports.pop_back();
  else
    reports.push_back("a process of the test itself ended too early");
  return reports;
}

}  // namespace

void run_cases(const std::string& what, const std::vector<Case>& all) {
  const char* wanted = std::getenv("RADIAL_FAULT_CASES");
  std::vector<Case> cases;
  for (const Case& one : all)
    if (wanted == nullptr || one.name.find(wanted) != std::string::npos) cases.push_back(one);

  const auto start = std::chrono::steady_clock::now();
  auto scratch = std::make_unique<ScratchFolder>();
  const unsigned processes = std::max(1u, std::thread::hardware_concurrency());
  std::atomic<size_t>& next = shared_counter();
  std::vector<pid_t> children;
  std::fflush(nullptr);
  for (unsigned i = 0; i < processes; ++i) {
    const std::string folder = *scratch / std::to_string(i);
    fs::create_directory(folder);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) take_cases(cases, next, folder, wanted != nullptr);
    children.push_back(child);
  }
  std::vector<std::string> wrong;
  for (unsigned i = 0; i < processes; ++i) {
    ::waitpid(children[i], nullptr, 0);
    for (const std::string& report : reports_in(*scratch / std::to_string(i) + "/report")) wrong.push_back(report);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::fprintf(stderr, "%s: %zu cases, %zu wrong, %.1f s\n", what.c_str(), cases.size(), wrong.size(), took.count());
  if (wanted != nullptr) scratch.release();  // NOLINT(bugprone-unused-return-value): the folders are to be looked at
  if (wrong.empty()) return;
  std::string message = std::to_string(wrong.size()) + " of " + std::to_string(cases.size()) + " cases:";
  const size_t shown = std::getenv("RADIAL_FAULTS_ALL") == nullptr ? 10 : wrong.size();
  for (size_t i = 0; i < std::min(shown, wrong.size()); ++i) message += "\n" + wrong[i];
  FAIL(message);
}

}  // namespace faults
