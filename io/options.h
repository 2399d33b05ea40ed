// Options by name. Each is declared once, beside the value that it sets; the command line, configuration files, help,
// config.toml and the comparison of two runs are all made from a list of them (docs/architecture.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "io/toml.h"

namespace radial {

// What an option belongs to.
enum class Role {
  training,  // what is trained: in config.toml, and the same when a run goes on
  machine,   // where and for how long: in config.toml, may change
  call       // this call alone
};

// What a word that is given to an option may be.
struct Check {
  // What was expected instead; "" if the word is good.
  std::function<std::string(const std::string& word)> expected = {};
  std::vector<std::string> choices = {};  // where they are few: for the help
};
Check within(double low, double high);  // a number in [low, high]
Check at_least(double low);
Check one_of(std::vector<std::string> choices);  // the message has the closest one
Check device_name();                             // auto, cpu, cuda, cuda:1

// Names and what they stand for: {{"constant", ScheduleKind::constant}, ...}.
template <class E>
using Choices = std::vector<std::pair<std::string, E>>;

template <class E>
std::string name_of(const Choices<E>& names, E value) {
  for (const auto& [name, meant] : names)
    if (meant == value) return name;
  return "";
}

struct Option {
  static constexpr int any = -1;  // number of values: one or more

  std::string name;         // "lr"
  std::string help, group;  // group: a heading in the help
  std::string type;         // of a value, in the help: FLOAT, FILE|RUN
  Role role = Role::training;
  int values = 1;                       // that it takes: 0 for a switch (--name, --no-name), `any` for a list
  bool argument = false;                // given without its name: DATA
  std::vector<std::string> alone = {};  // the words that its name alone stands for; none: values must follow
  bool required = false;
  bool shows_default = true;  // in the help
  bool in_evaluation = true;  // of a task: evaluate and predict have it, too
  bool given = false;         // set() was called, with
  std::vector<std::string> words = {};
  Check check = {};
  std::function<void(const std::vector<std::string>& words)> assign = {};  // to the value beside which it is declared
  std::function<std::string()> text = {};                                  // that value as TOML; "" where there is none

  // One word, several for a list, true or false for a switch. Throws Error(usage): "--lr: got -1 but expected ...".
  void set(const std::vector<std::string>& words);

  std::string shown_name() const { return (argument ? "" : "--") + name; }
};

namespace detail {

// Throw Error(usage) that says what was expected. Numbers are decimal ("010" is ten) and finite.
void read_value(const std::string& word, std::string& value);
void read_value(const std::string& word, bool& value);  // true, false, on, off, yes, no, 1, 0
void read_value(const std::string& word, double& value);
void read_value(const std::string& word, int& value);
void read_value(const std::string& word, int64_t& value);
void read_value(const std::string& word, uint64_t& value);

template <class T>
void assign(const std::vector<std::string>& words, T& value) {
  read_value(words.back(), value);
}
template <class T>
void assign(const std::vector<std::string>& words, std::vector<T>& values) {
  std::vector<T> found(words.size());
  for (size_t i = 0; i < words.size(); ++i) read_value(words[i], found[i]);
  values = std::move(found);
}
template <class T, size_t n>
void assign(const std::vector<std::string>& words, std::array<T, n>& values) {  // set() has counted the words
  for (size_t i = 0; i < n; ++i) read_value(words[i], values[i]);
}

template <class T>
void assign(const std::vector<std::string>& words, std::optional<T>& value) {
  T found{};
  assign(words, found);
  value = std::move(found);
}

template <class T>
std::string text_of(const T& value) {
  return toml(value);
}
inline std::string text_of(const std::string& value) { return value.empty() ? "" : toml(value); }
template <class T>
std::string text_of(const std::vector<T>& values) {
  return values.empty() ? "" : toml(values);
}
template <class T, size_t n>
std::string text_of(const std::array<T, n>& values) {
  return toml(std::vector<T>(values.begin(), values.end()));
}
template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : "";
}

// What an option of a C++ type looks like.
struct Form {
  int values;
  const char* type;
};
template <class T>
constexpr Form form_of(std::type_identity<T>) {
  if (std::is_same_v<T, bool>) return {0, ""};
  if (std::is_same_v<T, std::string>) return {1, "TEXT"};
  if (std::is_floating_point_v<T>) return {1, "FLOAT"};
  return {1, std::is_unsigned_v<T> ? "UINT" : "INT"};
}
template <class T>
constexpr Form form_of(std::type_identity<std::vector<T>>) {
  return {Option::any, form_of(std::type_identity<T>()).type};
}
template <class T, size_t n>
constexpr Form form_of(std::type_identity<std::array<T, n>>) {
  return {static_cast<int>(n), form_of(std::type_identity<T>()).type};
}
template <class T>
constexpr Form form_of(std::type_identity<std::optional<T>>) {
  return form_of(std::type_identity<T>());
}

}  // namespace detail

// The options of a command or of a part of it. The values must outlive the list and stay where they are.
//
//   void list_options(OptionList& list, ScheduleOptions& options) {
//     list.add("lr-gamma", options.gamma, "step, multistep: factor of a drop", at_least(0));
//   }
class OptionList {
 public:
  void group(const std::string& heading) { group_ = heading; }  // of those that follow

  // Throws Error(internal) for a name that is there already.
  template <class T>
  Option& add(const std::string& name, T& value, const std::string& help, Check check = {},
              Role role = Role::training) {
    constexpr detail::Form form = detail::form_of(std::type_identity<T>());
    Option& option = added(name, help, std::move(check), role);
    option.type = form.type;
    option.values = form.values;
    option.assign = [at = &value](const std::vector<std::string>& words) { detail::assign(words, *at); };
    option.text = [at = &value] { return detail::text_of(*at); };
    return option;
  }

  // One of several names, each of which stands for a value (E, or the same as std::optional).
  template <class T, class E>
  Option& add_choice(const std::string& name, T& value, const Choices<E>& names, const std::string& help,
                     Role role = Role::training) {
    std::vector<std::string> choices;
    for (const auto& pair : names) choices.push_back(pair.first);
    Option& option = added(name, help, one_of(choices), role);
    option.type = "TEXT";
    option.assign = [at = &value, names](const std::vector<std::string>& words) {
      for (const auto& [choice, meant] : names)
        if (choice == words.back()) *at = meant;
    };
    option.text = [at = &value, names] {
      const std::optional<E> chosen(*at);
      return chosen ? toml(name_of(names, *chosen)) : "";
    };
    return option;
  }

  // The command's own argument, shown as DATA; configuration files name it like other options.
  template <class T>
  Option& add_argument(const std::string& name, T& value, const std::string& shown, const std::string& help) {
    Option& option = add(name, value, help, {}, Role::machine);
    option.argument = true;
    option.type = shown;
    return option;
  }

  // An option of another list: the value that it sets stays where it is.
  Option& add(const Option& option);

  std::deque<Option>& all() { return options_; }
  const std::deque<Option>& all() const { return options_; }
  Option* find(std::string_view name);  // null if there is none
  const Option* find(std::string_view name) const;
  Option* find_negated(std::string_view name);  // the switch "shuffle" for "no-shuffle"
  std::vector<std::string> names() const;

 private:
  Option& added(const std::string& name, const std::string& help, Check check, Role role);

  std::string group_;
  std::deque<Option> options_;  // those that add() returned stay where they are
};

}  // namespace radial
