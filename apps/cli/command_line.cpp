#include "apps/cli/command_line.h"

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

#include "apps/cli/arguments.h"
#include "apps/cli/command.h"
#include "apps/cli/environment.h"
#include "core/near_words.h"
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

[[noreturn]] void refuse_usage(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& app = deepest(root);
  fail(ErrorKind::usage, message_of(app, error), "\n", full_name(app), " --help lists what there is.");
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

// What was printed must have arrived.
int flushed(int code) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed || code != 0) return code;
  return report(ErrorKind::io, std::string("standard output: ") + std::strerror(errno == 0 ? EIO : errno));
}

}  // namespace

struct CommandLine::Parts {
  CLI::App root{"Train scale-invariant networks and watch what optimizers do to their weights", "radial"};
  Chosen chosen;
};

CommandLine::CommandLine() : parts_(std::make_unique<Parts>()) {
  CLI::App& root = parts_->root;
  add_commands(root, parts_->chosen);
  root.require_subcommand(1);
  root.set_version_flag("--version", version_text, "Version, commit, compiler, instruction sets");
  root.footer(
      "radial COMMAND --help lists the options of a command.\n"
      "Exit codes: 0 ok, 1 internal error, 2 usage or configuration, 3 data set, 4 checkpoint or file format,\n"
      "5 non-finite loss, 6 out of memory, 7 I/O or disk full, 128 + n stopped by signal n (129, 130, 140, 143, 152).");
}

CommandLine::~CommandLine() = default;

std::function<int()> CommandLine::parse(const std::vector<std::string>& words) {
  CLI::App& root = parts_->root;
  std::vector<std::string> arranged = arranged_words(root, words);
  std::reverse(arranged.begin(), arranged.end());  // as CLI11 wants them
  try {
    root.parse(arranged);
  } catch (const CLI::Success& help_or_version) {
    std::ostringstream text;
    const int code = root.exit(help_or_version, text);
    return [text = text.str(), code] {
      fmt::print("{}", text);
      return code;
    };
  } catch (const CLI::ParseError& error) {
    refuse_usage(root, error);
  }
  return parts_->chosen.run;
}

int run_command_line(int argc, char** argv) {
  try {
    CommandLine line;
    return flushed(line.parse({argv + 1, argv + std::max(argc, 1)})());
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
