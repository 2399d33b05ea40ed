#include "io/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/joined.h"
#include "core/near_words.h"
#include "io/csv.h"

namespace radial {
namespace {

[[noreturn]] void refuse(const std::string& word, const std::string& expected) {
  fail(ErrorKind::usage, "got ", word, " but expected ", expected);
}

// The whole word as a number; a plus before it is allowed.
template <class T>
std::from_chars_result read_number(const std::string& word, T& value) {
  const char *begin = word.data(), *end = begin + word.size();
  if (word.size() > 1 && word[0] == '+' && word[1] != '-') ++begin;
  std::from_chars_result result = std::from_chars(begin, end, value);
  if (result.ec == std::errc() && result.ptr != end) result.ec = std::errc::invalid_argument;
  return result;
}

double number_of(const std::string& word) {
  double value = 0;
  return read_number(word, value).ec == std::errc() ? value : std::nan("");
}

template <class T>
void read_integer(const std::string& word, T& value) {
  T found{};
  const std::errc error = read_number(word, found).ec;
  const bool negative = std::is_unsigned_v<T> && word.starts_with('-');
  if (error == std::errc::result_out_of_range || (negative && std::isfinite(number_of(word))))
    refuse(word, "a number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                     std::to_string(std::numeric_limits<T>::max()));
  if (error != std::errc()) refuse(word, "a whole number");
  value = found;
}

}  // namespace

Check within(double low, double high) {
  const std::string wanted = std::isfinite(high) ? "a number from " + shortest(low) + " to " + shortest(high)
                                                 : "a number of at least " + shortest(low);
  return {.expected = [=](const std::string& word) {
    const double value = number_of(word);
    return value >= low && value <= high && std::isfinite(value) ? "" : wanted;
  }};
}

Check at_least(double low) { return within(low, std::numeric_limits<double>::infinity()); }

Check one_of(std::vector<std::string> choices) {
  const auto expected = [choices](const std::string& word) -> std::string {
    if (std::find(choices.begin(), choices.end(), word) != choices.end()) return "";
    return joined(choices) + did_you_mean(word, choices);
  };
  return {.expected = expected, .choices = std::move(choices)};
}

Check device_name() {
  return {.expected = [](const std::string& word) {
    if (word == "auto" || word == "cpu" || word == "cuda") return "";
    const bool numbered =
        word.starts_with("cuda:") && word.size() > 5 && word.find_first_not_of("0123456789", 5) == std::string::npos;
    return numbered ? "" : "auto, cpu, cuda or cuda:N";
  }};
}

void detail::read_value(const std::string& word, std::string& value) {
  if (word.empty()) refuse("nothing", "a value");  // --out "$UNSET" would mean something else than was wanted
  value = word;
}

void detail::read_value(const std::string& word, bool& value) {
  for (const char* yes : {"true", "on", "yes", "1"})
    if (word == yes) return void(value = true);
  for (const char* no : {"false", "off", "no", "0"})
    if (word == no) return void(value = false);
  refuse(word, "true or false");
}

void detail::read_value(const std::string& word, double& value) {
  const double found = number_of(word);
  if (!std::isfinite(found)) refuse(word, "a number");
  value = found;
}

void detail::read_value(const std::string& word, int& value) { read_integer(word, value); }
void detail::read_value(const std::string& word, int64_t& value) { read_integer(word, value); }
void detail::read_value(const std::string& word, uint64_t& value) { read_integer(word, value); }

// One value may stand for all of an option that takes a number of them: --mean 0.5.
void Option::set(const std::vector<std::string>& given_words) {
  const bool repeats = values > 1 && given_words.size() == 1;
  const std::vector<std::string> said =
      repeats ? std::vector<std::string>(static_cast<size_t>(values), given_words.front()) : given_words;
  try {
    if (values == any)
      radial::check(!said.empty(), "an empty list says nothing");
    else
      radial::check(said.size() == static_cast<size_t>(std::max(values, 1)), "takes ", std::max(values, 1),
                    values > 1 ? " values" : " value", " but got ", said.size());
    for (const std::string& word : said)
      if (const std::string expected = check.expected ? check.expected(word) : ""; !expected.empty())
        refuse(word, expected);
    assign(said);
  } catch (const Error& error) {
    fail(error.kind(), shown_name(), ": ", error.what());
  }
  given = true;
  words = said;
}

Option* OptionList::find(std::string_view name) {
  const auto found =
      std::find_if(options_.begin(), options_.end(), [&](const Option& option) { return option.name == name; });
  return found == options_.end() ? nullptr : &*found;
}

const Option* OptionList::find(std::string_view name) const { return const_cast<OptionList*>(this)->find(name); }

Option* OptionList::find_negated(std::string_view name) {
  Option* option = name.starts_with("no-") ? find(name.substr(3)) : nullptr;
  return option != nullptr && option->values == 0 ? option : nullptr;
}

std::vector<std::string> OptionList::names() const {
  std::vector<std::string> names;
  for (const Option& option : options_) names.push_back(option.name);
  return names;
}

Option& OptionList::add(const Option& option) {
  radial::check(find(option.name) == nullptr, ErrorKind::internal, "options: two are called --", option.name);
  return options_.emplace_back(option);
}

Option& OptionList::added(const std::string& name, const std::string& help, Check check, Role role) {
  radial::check(find(name) == nullptr, ErrorKind::internal, "options: two are called --", name);
  Option& option = options_.emplace_back();
  option.name = name;
  option.help = help;
  option.group = group_;
  option.role = role;
  option.check = std::move(check);
  return option;
}

}  // namespace radial
