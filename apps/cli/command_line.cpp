#include "apps/cli/command_line.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>

#include "apps/cli/parser.h"
#include "apps/commands/commands.h"
#include "core/error.h"
#include "tasks/tasks.h"

namespace radial::apps {
namespace {

int report(ErrorKind kind, const std::string& message) {
  std::fprintf(stderr, "radial: error: %s\n", message.c_str());
  return static_cast<int>(kind);
}

std::string message_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return "out of memory";
  if (const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return files->path1().string() + ": " + files->code().message();
  const bool bug = kind_of(error) == ErrorKind::internal && dynamic_cast<const Error*>(&error) == nullptr;
  return error.what() + std::string(bug ? " (a bug of Radial)" : "");
}

// What was printed must have arrived.
int flushed(int code) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed || code != 0) return code;
  return report(ErrorKind::io, std::string("standard output: ") + std::strerror(errno == 0 ? EIO : errno));
}

}  // namespace

Command radial_command(const std::vector<std::string>& words) {
  add_tasks();
  Command radial{.name = "radial",
                 .help = "Train scale-invariant networks and watch what optimizers do to their weights"};
  const std::string first = words.empty() ? "" : words.front();
  const auto with_task = [&](const char* name, Command (*make)(const std::vector<std::string>&)) {
    radial.parts.push_back(make(first == name ? words : std::vector<std::string>()));
  };
  with_task("train", train_command);
  with_task("evaluate", evaluate_command);
  with_task("predict", predict_command);
  for (const auto& make : {figure_command, reproduce_command, toy_command, invariance_command, inspect_command,
                           synth_command, bench_command})
    radial.parts.push_back(make());
  return radial;
}

int run_command_line(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + std::max(argc, 1));
    Command radial = radial_command(words);
    return flushed(parse(radial, words)());
  } catch (const std::exception& error) {
    return report(kind_of(error), message_of(error));
  }
}

}  // namespace radial::apps
