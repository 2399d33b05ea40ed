// From words to the options of a command. The only place that knows CLI11, whose header takes seconds to compile.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/cli/command.h"

namespace radial::apps {

// What the words (without the program's name) ask of `root`, ready to be run while that lives: a command with its
// options set, or to print help or version. Throws Error(usage) for what is not understood.
std::function<int()> parse(Command& root, const std::vector<std::string>& words);

}  // namespace radial::apps
