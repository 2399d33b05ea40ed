// Runs `radial ...` in this process and keeps what it prints to stdout.
#pragma once

#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/cli/command_line.h"

struct CommandOutput {
  int code = 0;
  std::string out;

  std::vector<nlohmann::json> lines() const {  // of --json
    std::vector<nlohmann::json> result;
    size_t begin = 0;
    for (size_t end = 0; (end = out.find('\n', begin)) != std::string::npos; begin = end + 1)
      result.push_back(nlohmann::json::parse(out.substr(begin, end - begin)));
    return result;
  }
};

inline CommandOutput run_radial(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "radial");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  std::FILE* file = std::tmpfile();
  std::fflush(stdout);
  const int kept = dup(STDOUT_FILENO);
  dup2(fileno(file), STDOUT_FILENO);
  CommandOutput output;
  output.code = radial::apps::run_command_line(static_cast<int>(arguments.size()), argv.data());
  std::fflush(stdout);
  dup2(kept, STDOUT_FILENO);
  close(kept);

  std::rewind(file);
  char piece[4096];
  for (size_t count = 0; (count = std::fread(piece, 1, sizeof piece, file)) > 0;) output.out.append(piece, count);
  std::fclose(file);
  return output;
}
