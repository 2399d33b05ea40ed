#include "apps/cli/arguments.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <CLI/CLI.hpp>

#include "core/error.h"
#include "models/models.h"

namespace radial::apps {
namespace {

bool is_option(const std::string& word) {
  const bool number = word.size() > 1 && word[1] >= '0' && word[1] <= '9';
  return word.size() > 1 && word[0] == '-' && !number;
}

bool is_folder(const std::string& word) {
  std::error_code ignored;
  return std::filesystem::is_directory(word, ignored);
}

int values_in(const CLI::Option& option, const std::string& word) {
  if (option.get_delimiter() == '\0') return 1;
  const auto parts = CLI::detail::split(word, option.get_delimiter());
  return static_cast<int>(std::count_if(parts.begin(), parts.end(), [](const auto& part) { return !part.empty(); }));
}

// A kind of parameters, or part of the name of one.
bool names_parameters(const std::string& word, const std::string& arch) {
  if (word.find('/') != std::string::npos || word == "." || word == "..") return false;
  const auto names = model_names();
  if (std::find(names.begin(), names.end(), arch) == names.end()) return false;
  const auto parameters = make_model({.arch = arch, .classes = 1})->parameters();
  return std::any_of(parameters.begin(), parameters.end(), [&](const NamedTensor& parameter) {
    return word == name_of(parameter.kind) || parameter.name.find(word) != std::string::npos;
  });
}

// The words of one command, and what they are.
class Words {
 public:
  Words(const CLI::App& root, std::vector<std::string>& words) : words_(words), command_(&root) {
    while (begin_ < words_.size()) {
      const auto inner =
          command_->get_subcommands([&](const CLI::App* app) { return app->get_name() == words_[begin_]; });
      if (inner.empty()) break;
      command_ = inner.front();
      ++begin_;
    }
    size_t at = begin_;
    while (at < words_.size() && known_)
      if (words_[at] == "--")
        for (++at; at < words_.size(); ++at) arguments_.push_back(at);
      else
        at = is_option(words_[at]) ? after_option(at) : after_argument(at);
  }

  void protect_brackets() {
    const CLI::Option* argument = own_argument();
    if (argument == nullptr || !argument->get_allow_extra_args()) return;
    for (const size_t at : arguments_)
      if (words_[at].starts_with('[') && words_[at].ends_with(']')) words_[at] = std::string("./").append(words_[at]);
  }

  void move_folder_to_front() {
    if (!known_ || own_argument() == nullptr || !arguments_.empty() || lists_.empty()) return;
    const bool needed = !given("--resume") && !given("--config");
    const std::string name = own_argument()->get_type_name();
    for (const List& list : lists_) {
      const std::string& word = words_[list.last];
      const bool alone = &list == &lists_.back() && !fits(*list.option, word);
      check(alone || !needed, command_->get_name(), ": ", word, " is a folder that may be ", name, " or a value of ",
            list.option->get_name(), ": put ", name, " first");
      if (!alone) return;
    }
    const auto at = words_.begin() + static_cast<std::ptrdiff_t>(lists_.back().last);
    std::rotate(words_.begin() + static_cast<std::ptrdiff_t>(begin_), at, at + 1);
  }

 private:
  struct List {
    const CLI::Option* option;
    size_t last;  // the word of its last value, which is a folder
  };

  size_t after_argument(size_t at) {
    arguments_.push_back(at);
    return at + 1;
  }

  size_t after_option(size_t at) {
    const size_t equals = words_[at].find('=');
    const CLI::Option* option = command_->get_option_no_throw(words_[at].substr(0, equals));
    known_ = option != nullptr;
    if (!known_) return at + 1;
    const int most = option->get_items_expected_max();
    int taken = equals == std::string::npos ? 0 : values_in(*option, words_[at].substr(equals + 1));
    const size_t first = ++at;
    const bool list = option->get_allow_extra_args();
    for (; at < words_.size() && taken < most && !(list && is_option(words_[at])); ++at)
      taken += values_in(*option, words_[at]);
    if (list && at > first && is_folder(words_[at - 1])) lists_.push_back({option, at - 1});
    return at;
  }

  // The argument without a name: DATA, PICTURE ...
  const CLI::Option* own_argument() const {
    for (const CLI::Option* option : command_->get_options())
      if (option->get_positional()) return option;
    return nullptr;
  }

  std::optional<std::string> value_of(const std::string& option) const {
    for (size_t at = begin_; at < words_.size(); ++at) {
      if (words_[at].starts_with(option + "=")) return words_[at].substr(option.size() + 1);
      if (words_[at] == option) return at + 1 < words_.size() ? words_[at + 1] : "";
    }
    return std::nullopt;
  }
  bool given(const std::string& option) const { return value_of(option).has_value(); }

  // A folder's name that could be meant as the option's value, too. Only names of parameters are texts without a check.
  bool fits(const CLI::Option& option, const std::string& word) const {
    double number = 0;
    if (CLI::detail::lexical_cast(word, number)) return true;
    return option.get_name() == "--no-decay" && names_parameters(word, value_of("--arch").value_or("resnet18"));
  }

  std::vector<std::string>& words_;
  const CLI::App* command_;
  size_t begin_ = 0;   // behind the names of commands
  bool known_ = true;  // all options
  std::vector<size_t> arguments_;
  std::vector<List> lists_;
};

}  // namespace

std::vector<std::string> arranged_words(const CLI::App& root, std::vector<std::string> words) {
  Words sorted(root, words);
  sorted.protect_brackets();
  sorted.move_folder_to_front();
  return words;
}

}  // namespace radial::apps
