#include "apps/cli/option_checks.h"

#include <cmath>

#include "core/near_words.h"
#include "io/csv.h"

namespace radial::apps {
namespace {

// A check that returns what was expected, or "" if all is well.
template <class Expected>
CLI::Validator checking(const std::string& name, const Expected& expected) {
  CLI::Validator validator(
      [expected](std::string& text) {
        const std::string wanted = expected(text);
        return wanted.empty() ? "" : "got " + text + " but expected " + wanted;
      },
      "", name);
  return validator;
}

double number_of(const std::string& text) {
  double value = std::nan("");
  return CLI::detail::lexical_cast(text, value) ? value : std::nan("");
}

}  // namespace

CLI::Validator within(double low, double high) {
  return checking("within", [=](const std::string& text) -> std::string {
    const double value = number_of(text);
    if (value >= low && value <= high && std::isfinite(value)) return "";
    return std::isfinite(high) ? "a number from " + shortest(low) + " to " + shortest(high)
                               : "a number of at least " + shortest(low);
  });
}

CLI::Validator positive() {
  return checking("positive", [](const std::string& text) -> std::string {
    const double value = number_of(text);
    return value > 0 && std::isfinite(value) ? "" : "a number above 0";
  });
}

CLI::Validator not_empty() {
  return checking("not_empty", [](const std::string& text) -> std::string { return text.empty() ? "a value" : ""; });
}

CLI::Validator below(double low, double high) {
  return checking("below", [=](const std::string& text) -> std::string {
    const double value = number_of(text);  // what is no number is CLI11's to say
    if (std::isnan(value) || (value >= low && value < high)) return "";
    return "a number from " + shortest(low) + " to below " + shortest(high);
  });
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  CLI::Validator validator = checking("one_of", [names](const std::string& text) -> std::string {
    if (std::find(names.begin(), names.end(), text) != names.end()) return "";
    return CLI::detail::join(names, ", ") + did_you_mean(text, names);
  });
  return validator.description(CLI::detail::join(names, "|"));
}

CLI::Option* exactly(int count, CLI::Option* option) { return option->expected(count)->allow_extra_args(false); }

CLI::Validator device_name() {
  return checking("device", [](const std::string& text) -> std::string {
    if (text == "auto" || text == "cpu" || text == "cuda") return "";
    const bool numbered =
        text.starts_with("cuda:") && text.size() > 5 && text.find_first_not_of("0123456789", 5) == std::string::npos;
    return numbered ? "" : "auto, cpu, cuda or cuda:N";
  });
}

}  // namespace radial::apps
