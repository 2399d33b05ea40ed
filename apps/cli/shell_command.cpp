#include "apps/cli/shell_command.h"

#include "io/file.h"

namespace radial::apps {

std::string shell_command(const std::vector<std::string>& arguments) {
  constexpr const char* safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  std::string command;
  for (const std::string& argument : arguments) {
    if (!command.empty()) command += ' ';
    if (!argument.empty() && argument.find_first_not_of(safe) == std::string::npos) {
      command += argument;
      continue;
    }
    command += '\'';
    for (const char c : argument) command += c == '\'' ? std::string("'\\''") : std::string(1, c);
    command += '\'';
  }
  return command;
}

std::vector<std::string> process_arguments() {
  const std::string text = read_text("/proc/self/cmdline");
  std::vector<std::string> arguments;
  for (size_t begin = 0, end; (end = text.find('\0', begin)) != std::string::npos; begin = end + 1)
    arguments.push_back(text.substr(begin, end - begin));
  return arguments;
}

}  // namespace radial::apps
