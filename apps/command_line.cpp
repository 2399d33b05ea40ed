#include "apps/command_line.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <sstream>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/command.h"
#include "apps/environment.h"
#include "apps/suggestion.h"
#include "core/error.h"

namespace radial::apps {
namespace {

int report(ErrorKind kind, const std::string& message) {
  std::fprintf(stderr, "radial: error: %s\n", message.c_str());
  return static_cast<int>(kind);
}

// The subcommand that was being parsed: `radial bench step` is two deep.
const CLI::App& deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.back());
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? "radial" : full_name(*app.get_parent()) + " " + app.get_name();
}

// What the user may have meant by a word that was not expected.
std::string suggestion_for(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  if (word.starts_with("-")) {
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  } else {
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(command->get_name());
  }
  return did_you_mean(word.substr(0, word.find('=')), known);
}

// CLI11's own words, except for words that nobody knows and for a command that is missing.
std::string message_of(const CLI::App& app, const CLI::ParseError& error) {
  const bool extra = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const bool group = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
  const bool no_command = group && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (!extra && !no_command) return error.what();
  const std::vector<std::string> words = app.remaining();
  if (words.empty()) return no_command ? "a command is missing" : error.what();
  const auto option = std::find_if(words.begin(), words.end(), [](const auto& word) { return word.starts_with("-"); });
  const std::string& word = option == words.end() ? words.front() : *option;
  const char* what = word.starts_with("-") ? "option" : group ? "command" : "argument";
  return fmt::format("unknown {} {}{}", what, word, suggestion_for(app, word));
}

int report_usage(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& app = deepest(root);
  report(ErrorKind::usage, message_of(app, error));
  std::fprintf(stderr, "%s --help lists what there is.\n", full_name(app).c_str());
  return static_cast<int>(ErrorKind::usage);
}

void add_commands(CLI::App& root, Chosen& chosen) {
  add_train(root, chosen);
  add_evaluate(root, chosen);
  add_predict(root, chosen);
  add_figure(root, chosen);
  add_reproduce(root, chosen);
  add_toy(root, chosen);
  add_invariance(root, chosen);
  add_inspect(root, chosen);
  add_synth(root, chosen);
  add_bench(root, chosen);
}

int parse_and_run(int argc, char** argv) {
  CLI::App root("Train scale-invariant networks and watch what optimizers do to their weights", "radial");
  Chosen chosen;
  add_commands(root, chosen);
  root.require_subcommand(1);
  root.set_version_flag("--version", version_text, "Version, commit, compiler, instruction sets");
  root.footer(
      "radial COMMAND --help lists the options of a command.\n"
      "Exit codes: 0 ok, 1 internal error, 2 usage or configuration, 3 data set, 4 checkpoint or file format,\n"
      "5 non-finite loss, 6 out of memory, 7 I/O or disk full, 128 + n stopped by signal n (129, 130, 140, 143).");
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    std::ostringstream text;
    const int code = root.exit(help_or_version, text);
    fmt::print("{}", text.str());
    return code;
  } catch (const CLI::ParseError& error) {
    return report_usage(root, error);
  }
  return chosen.run();
}

// What was printed must have arrived.
int flushed(int code) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed || code != 0) return code;
  return report(ErrorKind::io, std::string("standard output: ") + std::strerror(errno == 0 ? EIO : errno));
}

}  // namespace

int run_command_line(int argc, char** argv) {
  try {
    return flushed(parse_and_run(argc, argv));
  } catch (const Error& error) {
    return report(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return report(ErrorKind::out_of_memory, "out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    return report(ErrorKind::io, error.path1().string() + ": " + error.code().message());
  } catch (const std::system_error& error) {
    return report(ErrorKind::io, error.what());
  } catch (const std::exception& error) {
    return report(ErrorKind::internal, std::string(error.what()) + " (a bug of Radial)");
  }
}

}  // namespace radial::apps
