// The program itself, where a test needs processes, signals or closed streams.
#pragma once

#include <cstdlib>
#include <string>
#include <sys/wait.h>

// The exit code of a shell command; %R is the program.
inline int shell(std::string command) {
  for (size_t at = 0; (at = command.find("%R")) != std::string::npos;) command.replace(at, 2, RADIAL_PROGRAM);
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
