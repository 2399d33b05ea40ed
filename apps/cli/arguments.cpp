#include "apps/cli/arguments.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string_view>

#include "core/error.h"
#include "data/picture_archive.h"
#include "models/models.h"

namespace radial::apps {
namespace {

bool is_option(const std::string& word) {
  const bool number = word.size() > 1 && word[1] >= '0' && word[1] <= '9';
  return word.size() > 1 && word[0] == '-' && !number;
}

// A folder, or an archive that can stand for one.
bool is_folder(const std::string& word) {
  std::error_code ignored;
  return std::filesystem::is_directory(word, ignored) || is_archive(word);
}

bool is_number(const std::string& word) {
  return at_least(std::numeric_limits<double>::lowest()).expected(word).empty();
}

bool is_list(const Option& option) { return option.values == Option::any; }

// Values between commas.
int values_in(const Option& option, std::string_view word) {
  if (option.values == 0 || option.values == 1) return 1;
  int values = 0;
  for (size_t i = 0; i < word.size(); ++i) values += word[i] != ',' && (i == 0 || word[i - 1] == ',') ? 1 : 0;
  return values;
}

// A kind of parameters, or part of the name of one.
bool names_parameters(const std::string& word, const std::string& arch) {
  if (word.find('/') != std::string::npos || word == "." || word == "..") return false;
  if (!is_model(arch)) return false;
  const auto parameters = make_model({.arch = arch, .classes = 1})->parameters();
  return std::any_of(parameters.begin(), parameters.end(), [&](const NamedTensor& parameter) {
    return word == name_of(parameter.kind) || parameter.name.find(word) != std::string::npos;
  });
}

// The words of one command, and what they are.
class Words {
 public:
  Words(const Command& root, std::vector<std::string>& words) : words_(words), command_(&root) {
    for (const Command* part = part_called(words); part != nullptr; part = part_called(words)) {
      command_ = part;
      ++begin_;
    }
    size_t at = begin_;
    while (at < words_.size())
      if (words_[at] == "--")
        for (++at; at < words_.size(); ++at) arguments_.push_back(at);
      else
        at = is_option(words_[at]) ? after_option(at) : after_argument(at);
  }

  void protect_brackets() {
    const Option* argument = own_argument();
    if (argument == nullptr || !is_list(*argument)) return;
    for (const size_t at : arguments_)
      if (words_[at].starts_with('[') && words_[at].ends_with(']')) words_[at] = std::string("./").append(words_[at]);
  }

  void move_folder_to_front() {
    if (!known_ || own_argument() == nullptr || !arguments_.empty() || lists_.empty()) return;
    const bool needed = !given("--resume") && !given("--config");
    const std::string name = own_argument()->type;
    for (const List& list : lists_) {
      const std::string& word = words_[list.last];
      const bool alone = &list == &lists_.back() && !fits(*list.option, word);
      check(alone || !needed, command_->name, ": ", word, " is a folder that may be ", name, " or a value of ",
            list.option->shown_name(), ": put ", name, " first");
      if (!alone) return;
    }
    const auto at = words_.begin() + static_cast<std::ptrdiff_t>(lists_.back().last);
    std::rotate(words_.begin() + static_cast<std::ptrdiff_t>(begin_), at, at + 1);
  }

 private:
  struct List {
    const Option* option;
    size_t last;  // the word of its last value, which is a folder
  };

  const Command* part_called(const std::vector<std::string>& words) const {
    if (begin_ == words.size()) return nullptr;
    const auto part = std::find_if(command_->parts.begin(), command_->parts.end(),
                                   [&](const Command& one) { return one.name == words[begin_]; });
    return part == command_->parts.end() ? nullptr : &*part;
  }

  size_t after_argument(size_t at) {
    arguments_.push_back(at);
    return at + 1;
  }

  // Null for a switch, which takes none of the words behind it, and for a word that is no option.
  const Option* option_called(const std::string& word) {
    if (word == "--help" || word == "-h") return nullptr;
    for (const Option& option : command_->options.all()) {
      if (option.argument) continue;
      if (word == "--" + option.name) return option.values == 0 ? nullptr : &option;
      if (option.values == 0 && word == "--no-" + option.name) return nullptr;
    }
    known_ = false;
    return nullptr;
  }

  size_t after_option(size_t at) {
    const size_t equals = words_[at].find('=');
    const Option* option = option_called(words_[at].substr(0, equals));
    if (option == nullptr) return at + 1;
    if (equals == std::string::npos && stands_alone(*option, at))
      words_.insert(words_.begin() + static_cast<std::ptrdiff_t>(at) + 1, option->alone.begin(), option->alone.end());
    repeat_only_number(*option, at, equals);
    const int most = is_list(*option) ? std::numeric_limits<int>::max() : option->values;
    int taken = equals == std::string::npos ? 0 : values_in(*option, words_[at].substr(equals + 1));
    const size_t first = ++at;
    for (; at < words_.size() && taken < most && !(is_list(*option) && is_option(words_[at])); ++at)
      taken += values_in(*option, words_[at]);
    if (is_list(*option) && at > first && is_folder(words_[at - 1])) lists_.push_back({option, at - 1});
    return at;
  }

  // Whether no number follows an option that may do without.
  bool stands_alone(const Option& option, size_t at) const {
    if (option.alone.empty()) return false;
    if (at + 1 == words_.size() || is_option(words_[at + 1])) return true;
    return !is_number(words_[at + 1].substr(0, words_[at + 1].find(',')));
  }

  // A single number stands for all values of an option that takes three, say.
  void repeat_only_number(const Option& option, size_t at, size_t equals) {
    const size_t after = equals == std::string::npos ? at + 2 : at + 1;
    if (option.values < 2 || after > words_.size()) return;
    const std::string number = equals == std::string::npos ? words_[at + 1] : words_[at].substr(equals + 1);
    const bool more = after < words_.size() && is_number(words_[after].substr(0, words_[after].find(',')));
    if (!is_number(number) || more) return;
    words_.insert(words_.begin() + static_cast<std::ptrdiff_t>(after), static_cast<size_t>(option.values - 1), number);
  }

  // The argument without a name: DATA, PICTURE ...
  const Option* own_argument() const {
    for (const Option& option : command_->options.all())
      if (option.argument) return &option;
    return nullptr;
  }

  bool given(const char* option) const { return value_in_words(words_, option).has_value(); }

  // A folder's name that could be meant as the option's value, too. Texts without a check are names of parameters.
  bool fits(const Option& option, const std::string& word) const {
    if (is_number(word)) return true;
    return !option.check.expected && names_parameters(word, value_in_words(words_, "--arch").value_or("resnet18"));
  }

  std::vector<std::string>& words_;
  const Command* command_;
  size_t begin_ = 0;   // behind the names of commands
  bool known_ = true;  // all options
  std::vector<size_t> arguments_;
  std::vector<List> lists_;
};

}  // namespace

std::optional<std::string> value_in_words(const std::vector<std::string>& words, const std::string& option) {
  for (size_t at = words.size(); at-- > 0;) {
    if (words[at].starts_with(option + "=")) return words[at].substr(option.size() + 1);
    if (words[at] == option && at + 1 < words.size()) return words[at + 1];
  }
  return std::nullopt;
}

std::vector<std::string> arranged_words(const Command& root, std::vector<std::string> words) {
  Words sorted(root, words);
  sorted.protect_brackets();
  sorted.move_folder_to_front();
  return words;
}

}  // namespace radial::apps
