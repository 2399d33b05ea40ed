// Checks of option values, with messages that say what was found and what was expected.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace radial::apps {

CLI::Validator within(double low, double high);  // a number in [low, high]
inline CLI::Validator at_least(double low) { return within(low, std::numeric_limits<double>::infinity()); }
CLI::Validator positive();

CLI::Validator not_empty();  // --out "$UNSET" would mean something else than was wanted

// A number in [low, high) that T can hold: CLI11 takes the nearest it can for others.
CLI::Validator below(double low, double high);
template <class T>
CLI::Validator fits() {
  return below(static_cast<double>(std::numeric_limits<T>::lowest()),
               static_cast<double>(std::numeric_limits<T>::max()) + 1);
}

CLI::Validator one_of(const std::vector<std::string>& names);  // with the closest one in the message

// Makes an option with several values take `count`, no more: what follows is DATA.
CLI::Option* exactly(int count, CLI::Option* option);

CLI::Validator device_name();  // auto, cpu, cuda, cuda:1

}  // namespace radial::apps
