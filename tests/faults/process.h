// Work in a process of its own: however it ends, the test goes on. The process that forks must never have started a
// thread (OpenMP's do not survive a fork), so a test calls nothing of Radial that computes but in here.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace faults {

struct Ended {
  int status = 0;   // of waitpid
  std::string err;  // what it wrote to stderr

  bool exited(int code) const;
  bool killed_by(int signal) const;
  bool stuck() const;  // it took longer than the deadline
  std::string text() const;
};

// stdout of the process is dropped; its stderr goes through a file beside `scratch`.
Ended in_process(const std::string& scratch, const std::function<int()>& work, unsigned deadline_seconds = 60);

// `radial ...` in this process. Returns the exit code.
int radial_command(std::vector<std::string> arguments);

}  // namespace faults
