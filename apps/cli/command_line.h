// From the arguments of the process to an exit code: the subcommands, and what happens to their errors.
#pragma once

#include "apps/cli/command.h"

namespace radial::apps {

// All commands, for a command line of these words. Options hold values of their own: each call makes new ones.
Command radial_command(const std::vector<std::string>& words);

// Parses, runs the subcommand, reports errors to stderr. Returns the exit code: 0 ok, 1 internal, 2 usage or config,
// 3 dataset, 4 checkpoint or file format, 5 non-finite loss, 6 out of memory, 7 I/O or disk full, or what the
// subcommand returned (128 + n: stopped by signal n).
int run_command_line(int argc, char** argv);

}  // namespace radial::apps
