// From the arguments of the process to an exit code: the subcommands, and what happens to their errors.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace radial::apps {

// All subcommands with their options.
class CommandLine {
 public:
  CommandLine();
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // What the words (without the program's name) ask for, ready to be run while this lives: a subcommand, or to print
  // help or version. Throws Error(usage) for what is not understood. Runs nothing itself.
  std::function<int()> parse(const std::vector<std::string>& words);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Parses, runs the subcommand, reports errors to stderr. Returns the exit code: 0 ok, 1 internal, 2 usage or config,
// 3 dataset, 4 checkpoint or file format, 5 non-finite loss, 6 out of memory, 7 I/O or disk full, or what the
// subcommand returned (128 + n: stopped by signal n).
int run_command_line(int argc, char** argv);

}  // namespace radial::apps
