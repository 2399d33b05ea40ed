#include "apps/cli/parser.h"

#include <algorithm>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "apps/cli/arguments.h"
#include "apps/cli/environment.h"
#include "core/error.h"
#include "core/near_words.h"

namespace radial::apps {
namespace {

// The help shows a default without the quotes and blanks that TOML has.
std::string default_of(const Option& option) {
  std::string text = option.text();
  std::erase_if(text, [](char c) { return c == '"' || c == ' '; });
  return text;
}

std::string type_of(const Option& option) {
  std::string choices;
  for (const std::string& choice : option.check.choices) choices += (choices.empty() ? ":" : "|") + choice;
  return option.type + choices;
}

CLI::Option* add_switch(CLI::App& app, const Option& option) {
  const std::string help = (option.text() == "true" ? "On by default: " : "") + option.help;
  return app.add_flag("--" + option.name + ",!--no-" + option.name, help);
}

CLI::Option* add_value(CLI::App& app, const Option& option) {
  const CLI::callback_t kept = [](const CLI::results_t&) { return true; };
  CLI::Option* added = app.add_option(option.shown_name(), kept, option.help)->type_name(type_of(option));
  if (const std::string text = default_of(option); !text.empty() && !option.argument && option.shows_default)
    added->default_str(text);
  if (option.values == Option::any) {
    added->expected(1, -1)->allow_extra_args();
    return option.argument ? added : added->delimiter(',');  // names of files may have commas
  }
  if (option.values > 1) return added->expected(option.values)->allow_extra_args(false)->delimiter(',');
  return added;
}

void add_option(CLI::App& app, const Option& option) {
  CLI::Option* added = option.values == 0 ? add_switch(app, option) : add_value(app, option);
  if (option.values == 0 || option.values == 1) added->take_last();  // given twice: the last one counts
  if (option.required) added->required();
  if (!option.group.empty()) added->group(option.group);
}

void add_command(CLI::App& parent, const Command& command) {
  CLI::App& app = *parent.add_subcommand(command.name, command.help);
  for (const Option& option : command.options.all()) add_option(app, option);
  if (!command.parts.empty()) app.require_subcommand(command.run ? 0 : 1, 1);
  for (const Command& part : command.parts) add_command(app, part);
}

// The command that was being parsed: `radial bench step` is two deep.
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

// "--keep: 1 required INT missing" -> "--keep: a value is missing (INT)"
std::string of_missing_value(std::string text) {
  constexpr std::string_view middle = ": 1 required ", end = " missing";
  const size_t at = text.find(middle);
  if (at == std::string::npos || !text.ends_with(end)) return text;
  text.erase(text.size() - end.size());
  return text.replace(at, middle.size(), ": a value is missing (") + ")";
}

// The help without what CLI11 writes behind the other name of a switch, "--json,--no-json{false}".
std::string without_marks(std::string help) {
  constexpr std::string_view mark = "{false}";
  for (size_t at = help.find(mark); at != std::string::npos; at = help.find(mark, at)) {
    const bool is_last = at + mark.size() == help.size() || help[at + mark.size()] == '\n';
    help.replace(at, mark.size(), is_last ? 0 : mark.size(), ' ');  // help beside it stays in its column
  }
  return help;
}

// CLI11's own words, except for words that nobody knows and for a command that is missing.
std::string message_of(const CLI::App& app, const Command& command, const CLI::ParseError& error) {
  const bool extra = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const bool group = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
  const bool no_command = group && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (!extra && !no_command) return of_missing_value(error.what());
  const std::vector<std::string> words = app.remaining();
  if (words.empty()) return no_command ? "a command is missing" : error.what();
  const auto option = std::find_if(words.begin(), words.end(), [](const auto& word) { return word.starts_with("-"); });
  const std::string& word = option == words.end() ? words.front() : *option;
  const char* what = word.starts_with("-") ? "option" : group ? "command" : "argument";
  const std::string hint =
      command.hint && word.starts_with("--") ? command.hint(word.substr(2, word.find('=') - 2)) : "";
  return fmt::format("unknown {} {}{}", what, word, hint.empty() ? suggestion_for(app, word) : ": " + hint);
}

void set_options(Command& command, const CLI::App& app) {
  for (Option& option : command.options.all())
    if (const CLI::Option* given = app.get_option(option.shown_name()); given->count() > 0)
      option.set(given->reduced_results());
}

Command& chosen_of(Command& command, const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return command;
  const auto part = std::find_if(command.parts.begin(), command.parts.end(),
                                 [&](const Command& one) { return one.name == chosen.back()->get_name(); });
  return chosen_of(*part, *chosen.back());
}

}  // namespace

std::function<int()> parse(Command& root, const std::vector<std::string>& words) {
  CLI::App app(root.help, root.name);
  for (const Command& part : root.parts) add_command(app, part);
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text, "Version, commit, compiler, instruction sets");
  app.footer(
      "radial COMMAND --help lists the options of a command.\n"
      "Exit codes: 0 ok, 1 internal error, 2 usage or configuration, 3 data set, 4 checkpoint or file format,\n"
      "5 non-finite loss, 6 out of memory, 7 I/O or disk full, 128 + n stopped by signal n (129, 130, 140, 143, 152).");
  std::vector<std::string> arranged = arranged_words(root, words);
  std::reverse(arranged.begin(), arranged.end());  // as CLI11 wants them
  const auto refuse = [&](const CLI::App& command, const std::string& message) {
    fail(ErrorKind::usage, message, "\n", full_name(command), " --help lists what there is.");
  };
  try {
    app.parse(arranged);
  } catch (const CLI::Success& help_or_version) {
    std::ostringstream text;
    const int code = app.exit(help_or_version, text);
    return [text = without_marks(text.str()), code] {
      fmt::print("{}", text);
      return code;
    };
  } catch (const CLI::ParseError& error) {
    refuse(deepest(app), message_of(deepest(app), chosen_of(root, app), error));
  }
  Command& chosen = chosen_of(root, app);
  try {
    set_options(chosen, deepest(app));
  } catch (const Error& error) {
    refuse(deepest(app), error.what());
  }
  return [&chosen] { return chosen.run(chosen.options); };
}

}  // namespace radial::apps
