// Numbers of a JSON text as the type that asks for them: the library's own conversions cut 1.5 to 1, wrap 2^32 and are
// undefined for 1e78.
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace radial {

// Converts to an integer that has exactly this value, or to a double (null is NaN, as json_text writes it). Throws the
// library's own exceptions, as at() does for a key that is missing.
class JsonNumber {
 public:
  explicit JsonNumber(const nlohmann::ordered_json& value) : value_(value) {}

  template <std::integral T>
  operator T() const {  // NOLINT(google-explicit-constructor): it stands where the value would
    if (value_.is_number_unsigned() && std::in_range<T>(value_.get<uint64_t>())) return value_.get<T>();
    if (value_.is_number_integer() && !value_.is_number_unsigned() && std::in_range<T>(value_.get<int64_t>()))
      return value_.get<T>();
    refuse("an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
           std::to_string(std::numeric_limits<T>::max()));
  }
  operator double() const {  // NOLINT(google-explicit-constructor)
    if (value_.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (value_.is_number()) return value_.get<double>();
    refuse("a number");
  }

 private:
  [[noreturn]] void refuse(const std::string& wanted) const {
    throw nlohmann::ordered_json::out_of_range::create(401, value_.dump(-1, ' ', true, replace) + " is not " + wanted,
                                                       &value_);
  }
  static constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;

  const nlohmann::ordered_json& value_;
};

inline JsonNumber number_at(const nlohmann::ordered_json& object, const char* key) {
  return JsonNumber(object.at(key));
}

}  // namespace radial
