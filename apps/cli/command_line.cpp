#include "apps/cli/command_line.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <new>
#include <string_view>
#include <utility>

#include "apps/cli/parser.h"
#include "apps/commands/commands.h"
#include "core/error.h"
#include "dist/group.h"
#include "tasks/tasks.h"
#include "train/together.h"

namespace radial::apps {
namespace {

int report(ErrorKind kind, const std::string& message) {
  std::fprintf(stderr, "radial: error: %s\n", message.c_str());
  return static_cast<int>(kind);
}

// "cannot make absolute path: data: No such file or directory", as other errors of the system are told. The library
// says what was tried in what() alone: "filesystem error: cannot make absolute path: No such file or directory [data]".
std::string message_of_files(const std::filesystem::filesystem_error& error) {
  const std::string what = error.what(), reason = ": " + error.code().message();
  constexpr std::string_view before = "filesystem error: ";
  const size_t end = what.find(reason);
  const bool known = what.starts_with(before) && end != std::string::npos && end > before.size();
  const std::string action = known ? what.substr(before.size(), end - before.size()) + ": " : "";
  return action + error.path1().string() + reason;
}

std::string message_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return "out of memory";
  if (const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return message_of_files(*files);
  const bool bug = kind_of(error) == ErrorKind::internal && dynamic_cast<const Error*>(&error) == nullptr;
  return error.what() + std::string(bug ? " (a bug of Radial)" : "");
}

using Maker = std::function<Command(const std::vector<std::string>& words)>;

// By name, in the order of the help.
const std::vector<std::pair<std::string, Maker>>& commands() {
  const auto whatever_the_words = [](Command (*make)()) {
    return [make](const std::vector<std::string>&) { return make(); };
  };
  static const std::vector<std::pair<std::string, Maker>> all = {
      {"train", train_command},
      {"evaluate", evaluate_command},
      {"predict", predict_command},
      {"export", export_command},
      {"figure", whatever_the_words(figure_command)},
      {"summary", whatever_the_words(summary_command)},
      {"report", whatever_the_words(report_command)},
      {"reproduce", whatever_the_words(reproduce_command)},
      {"toy", whatever_the_words(toy_command)},
      {"invariance", whatever_the_words(invariance_command)},
      {"inspect", whatever_the_words(inspect_command)},
      {"clusters", clusters_command},
      {"coco-ap", whatever_the_words(coco_ap_command)},
      {"synth", whatever_the_words(synth_command)},
      {"bench", whatever_the_words(bench_command)},
      {"doctor", whatever_the_words(doctor_command)},
      {"completion", whatever_the_words(completion_command)}};
  return all;
}

// What the words ask for; `radial` becomes the command that it belongs to. Of several processes that train one tells
// what is wrong with the words of all, and all end with it.
std::function<int()> understood(Command& radial, const std::vector<std::string>& words) {
  try {
    radial = radial_command(words);
    return parse(radial, words);
  } catch (const Error&) {
    if (launched_processes() == 1 || words.empty() || words.front() != "train") throw;
    return [error = std::current_exception()] {
      join_world();
      together(world(), [&] { std::rethrow_exception(error); });
      return 0;  // not reached
    };
  }
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
  // A command with its options takes some work to make: the one that is named is enough.
  const std::string first = words.empty() ? "" : words.front();
  for (const auto& [name, make] : commands())
    if (name == first) {
      radial.parts.push_back(make(words));
      return radial;
    }
  for (const auto& [name, make] : commands()) radial.parts.push_back(make({}));
  return radial;
}

int run_command_line(int argc, char** argv) {
  int code = 0;
  try {
    const std::vector<std::string> words(argv + 1, argv + std::max(argc, 1));
    Command radial;
    code = flushed(understood(radial, words)());
  } catch (const std::exception& error) {
    // Of several processes one tells what all know, and one that fails alone ends the others, who wait for it.
    const bool of_all = world().ends_together();
    code = of_all && !world().leads() ? static_cast<int>(kind_of(error)) : report(kind_of(error), message_of(error));
    if (!of_all) world().abort(code);
  }
  world().leave();
  return code;
}

}  // namespace radial::apps
