// radial completion: what shells need to complete its command lines, made from the options themselves.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>

#include <fmt/core.h>

#include "apps/cli/command_line.h"
#include "apps/commands/commands.h"
#include "core/joined.h"
#include "train/task_options.h"

namespace radial::apps {
namespace {

// A command, or a part of a group: "train", "reproduce figure3"; "" is the program.
struct Level {
  std::string path, help;
  std::map<std::string, Option> options;  // by name; those of all tasks
  std::vector<std::string> parts;
};
using Levels = std::map<std::string, Level>;

void add_level(Levels& levels, const std::string& path, const Command& command) {
  Level& level = levels[path];
  level.path = path;
  level.help = command.help;
  for (const Option& option : command.options.all()) level.options.emplace(option.name, option);
  for (const Command& part : command.parts) {
    if (std::find(level.parts.begin(), level.parts.end(), part.name) == level.parts.end())
      level.parts.push_back(part.name);
    add_level(levels, path.empty() ? part.name : path + " " + part.name, part);
  }
}

// The options' values end with the commands; their names and texts are what is needed.
Levels all_levels() {
  Levels levels;
  add_level(levels, "", radial_command({}));
  for (const char* command : {"train", "evaluate", "predict"})
    for (const std::string& task : task_names())
      add_level(levels, command, radial_command({command, "--task", task}).parts.front());
  return levels;
}

std::vector<std::string> written(const Option& option) {
  if (option.argument) return {};
  if (option.values > 0 || option.values == Option::any) return {"--" + option.name};
  return {"--" + option.name, "--no-" + option.name};
}

// Words that an option takes: its choices, or those of "none|auto|FILE", beside which it takes files.
std::vector<std::string> values_of(const Option& option) {
  if (!option.check.choices.empty()) return option.check.choices;
  std::vector<std::string> words;
  const size_t file = option.type.rfind("|FILE");
  if (file == std::string::npos || std::isupper(static_cast<unsigned char>(option.type[0])) != 0) return words;
  for (size_t at = 0; at < file;) {
    const size_t end = std::min(option.type.find('|', at), file);
    words.push_back(option.type.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// In single quotes, for sh and for fish.
std::string quoted(const std::string& text, bool fish = false) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += fish ? "\\'" : "'\\''";
    else if (fish && c == '\\')
      result += "\\\\";
    else
      result += c == '\n' ? ' ' : c;
  }
  return result + "'";
}

// A pattern of `case`: ' train' for the words that go one level deeper.
std::string deeper(const Levels& levels) {
  std::vector<std::string> patterns;
  for (const auto& [path, level] : levels) {
    const size_t blank = path.rfind(' ');
    if (!path.empty()) patterns.push_back(quoted(blank == std::string::npos ? " " + path : path));
  }
  return joined(patterns, " | ");
}

void print_bash(const Levels& levels) {
  fmt::print(R"(# Bash completion for radial: source <(radial completion bash)
_radial() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command='' word words=''
  [ "$current" != = ] || current=
  [ "$before" != = ] || before=${{COMP_WORDS[COMP_CWORD - 2]}}
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$command $word" in {}) command=${{command:+$command }}$word ;; esac
  done
  case "$command $before" in
)",
             deeper(levels));
  for (const auto& [path, level] : levels)
    for (const auto& [name, option] : level.options)
      if (const auto values = values_of(option); !values.empty() && !option.argument)
        fmt::print("    {}) words={} ;;\n", quoted(path + " --" + name), quoted(joined(values, " ")));
  fmt::print("    *)\n      case \"$command:$current\" in\n");
  for (const auto& [path, level] : levels) {
    std::vector<std::string> words = {"--help"};
    for (const auto& [name, option] : level.options)
      for (const std::string& word : written(option)) words.push_back(word);
    if (path.empty()) words.push_back("--version");
    fmt::print("        {}:-*) words={} ;;\n", quoted(path), quoted(joined(words, " ")));
    if (!level.parts.empty()) fmt::print("        {}:*) words={} ;;\n", quoted(path), quoted(joined(level.parts, " ")));
    for (const auto& [name, option] : level.options)
      if (option.argument && !option.check.choices.empty())
        fmt::print("        {}:*) words={} ;;\n", quoted(path), quoted(joined(option.check.choices, " ")));
  }
  fmt::print(R"(      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _radial radial
)");
}

// Brackets and colons have a meaning in a specification of _arguments.
std::string escaped_for_zsh(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_specification(const std::string& word, const Option& option) {
  const std::string help = escaped_for_zsh(option.help);
  const std::string action = option.check.choices.empty() ? "_files" : "(" + joined(option.check.choices, " ") + ")";
  if (option.argument) return quoted((option.values == Option::any ? "*:" : ":") + option.type + ":" + action);
  const std::string begin = (option.values == Option::any ? "*" : "") + word + "[" + help + "]";
  return quoted(option.values == 0 ? begin : begin + ":" + escaped_for_zsh(option.type) + ":" + action);
}

void print_zsh(const Levels& levels) {
  fmt::print(R"(#compdef radial
# Zsh completion for radial: source <(radial completion zsh), or as _radial in a folder of $fpath
_radial() {{
  local command= word
  local -a parts
  integer at=1 last=1
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    (( at++ ))
    case "$command $word" in ({}) command="${{command:+$command }}$word" last=at ;; esac
  done
  words=("${{(@)words[last,-1]}}")
  (( CURRENT -= last - 1 ))
  case $command in
)",
             deeper(levels));
  for (const auto& [path, level] : levels) {
    fmt::print("    ({})\n", quoted(path));
    if (!level.parts.empty()) {
      fmt::print("      parts=(");
      for (const std::string& part : level.parts) {
        const std::string& help = levels.at(path.empty() ? part : path + " " + part).help;
        fmt::print("{} ", quoted(part + ":" + escaped_for_zsh(help)));
      }
      fmt::print(")\n      if [[ $words[CURRENT] != -* ]]; then _describe command parts; return; fi\n");
    }
    fmt::print("      _arguments '--help[Prints help]'");
    for (const auto& [name, option] : level.options) {
      if (option.argument) fmt::print(" {}", zsh_specification("", option));
      for (const std::string& word : written(option)) fmt::print(" {}", zsh_specification(word, option));
    }
    fmt::print(" ;;\n");
  }
  fmt::print(R"(  esac
}}
if [[ $funcstack[1] == _radial ]]; then _radial "$@"; else compdef _radial radial; fi
)");
}

// A condition of `complete`: these words were seen, none of those.
std::string fish_condition(const std::string& path, const std::vector<std::string>& unseen) {
  std::string condition;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find(' ', at), path.size());
    condition += (at > 0 ? "; and " : "") + ("__fish_seen_subcommand_from " + path.substr(at, end - at));
    at = end + 1;
  }
  if (!unseen.empty())
    condition += (path.empty() ? "not " : "; and not ") + ("__fish_seen_subcommand_from " + joined(unseen, " "));
  return condition;
}

void print_fish(const Levels& levels) {
  fmt::print("# Fish completion for radial: radial completion fish | source\n");
  const auto print = [](const std::string& condition, const std::string& rest, const std::string& help) {
    fmt::print("complete -c radial -n {} {} -d {}\n", quoted(condition, true), rest, quoted(help, true));
  };
  for (const auto& [path, level] : levels) {
    for (const std::string& part : level.parts)
      print(fish_condition(path, level.parts), "-f -a " + part,
            levels.at(path.empty() ? part : path + " " + part).help);
    const std::string here = fish_condition(path, level.parts);
    for (const auto& [name, option] : level.options) {
      if (option.argument && !option.check.choices.empty())
        print(here, "-f -a " + quoted(joined(option.check.choices, " "), true), option.help);
      for (const std::string& word : written(option)) {
        std::string rest = "-l " + word.substr(2);
        if (const auto values = values_of(option); !values.empty())
          rest += (option.check.choices.empty() ? " -r -a " : " -x -a ") + quoted(joined(values, " "), true);
        else if (option.values != 0)
          rest += " -r";
        print(here.empty() ? "true" : here, rest, option.help);
      }
    }
  }
}

struct CompletionOptions {
  std::string shell;
};

int run_completion(const CompletionOptions& options) {
  const Levels levels = all_levels();
  if (options.shell == "bash") print_bash(levels);
  if (options.shell == "zsh") print_zsh(levels);
  if (options.shell == "fish") print_fish(levels);
  return 0;
}

void list_completion_options(OptionList& list, CompletionOptions& options) {
  Option& shell = list.add_argument("shell", options.shell, "SHELL", "bash, zsh or fish");
  shell.check = one_of({"bash", "zsh", "fish"});
  shell.required = true;
}

}  // namespace

Command completion_command() {
  return command<CompletionOptions>("completion",
                                    "Print what a shell needs to complete the commands and options of radial",
                                    list_completion_options, run_completion);
}

}  // namespace radial::apps
