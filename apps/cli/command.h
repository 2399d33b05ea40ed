// What a subcommand is: one file, one function <name>_command() (apps/commands/commands.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/options.h"

namespace radial::apps {

struct Command {
  std::string name, help;
  OptionList options = {};
  std::function<int(OptionList& options)> run = {};  // its result is the exit code; a group needs none
  std::vector<Command> parts = {};                   // of a group
  // Where an option that this command does not know belongs ("--epsilon is an option of --task ..."), or "".
  std::function<std::string(const std::string& name)> hint = {};
};

// A command whose options are written into an Options struct:
//
//   return command<ToyOptions>("toy", "...", list_options, run_toy);
template <class Options>
Command command(std::string name, std::string help, void (*list_options)(OptionList&, Options&),
                int (*run)(const Options&)) {
  const auto options = std::make_shared<Options>();
  Command result{.name = std::move(name), .help = std::move(help)};
  list_options(result.options, *options);
  result.run = [options, run](OptionList&) { return run(*options); };
  return result;
}

// The same for a run that asks which of its options were given.
template <class Options>
Command command(std::string name, std::string help, void (*list_options)(OptionList&, Options&),
                int (*run)(const Options&, const OptionList&)) {
  const auto options = std::make_shared<Options>();
  Command result{.name = std::move(name), .help = std::move(help)};
  list_options(result.options, *options);
  result.run = [options, run](const OptionList& list) { return run(*options, list); };
  return result;
}

// --json, with which results are an object a line.
inline void add_json(OptionList& list, bool& json, const std::string& help = "A JSON object a line") {
  list.add("json", json, help, {}, Role::call);
}

}  // namespace radial::apps
