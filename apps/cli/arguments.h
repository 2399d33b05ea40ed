// The words of the command line, before CLI11 sorts them into options.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/cli/command.h"

namespace radial::apps {

// Options with several values take all words up to the next option, but never DATA: where the command's own argument
// (DATA, PICTURE ...) is missing and the last of the values is a folder, that word is moved to where the argument is
// expected. Error(usage) if it may be either. Names in brackets, which CLI11 would take for lists, get "./" before
// them. Behind an option that has a meaning alone (Option::alone) and no number after it come the words it stands for.
std::vector<std::string> arranged_words(const Command& root, std::vector<std::string> words);

// What the words give to an option ("--task"), the last time; nothing if it is not among them.
std::optional<std::string> value_in_words(const std::vector<std::string>& words, const std::string& option);

}  // namespace radial::apps
