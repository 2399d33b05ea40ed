// How tests start several processes: with Open MPI's mpirun, where it is.
#pragma once

#include <filesystem>
#include <iostream>
#include <string>

#include "tests/apps/shell.h"

// False, which is said, where there is nothing to start several processes with.
inline bool has_mpi() {
  const auto module = std::filesystem::path(RADIAL_PROGRAM).parent_path() / "../dist/libradial_mpi.so";
  if (std::filesystem::exists(module) && shell("mpirun --version 2> /dev/null | grep -q 'Open MPI'") == 0) return true;
  std::cout << "skipped: no MPI\n";
  return false;
}

// `ranks` processes on however few cores, of whatever user.
inline std::string mpirun(int ranks, const std::string& options = "") {
  return "env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 mpirun --oversubscribe "
         "--bind-to none " +
         options + " -n " + std::to_string(ranks) + " %R ";
}

// What `command` writes to stderr goes to FOLDER.err.
inline int run_to(const std::string& folder, const std::string& command) {
  return shell(command + " --out " + folder + " > " + folder + ".out 2> " + folder + ".err");
}

inline size_t occurrences_of(const std::string& part, const std::string& text) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}
