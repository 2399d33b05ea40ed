// The one exception type of Radial and the checks that throw it.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace radial {

// What went wrong, as a program would sort it. The value is the exit code of `radial`.
enum class ErrorKind {
  internal = 1,       // a bug of Radial
  usage = 2,          // options, shapes or values that do not fit together
  dataset = 3,        // a folder or picture that cannot be used
  file_format = 4,    // a checkpoint or other file that is malformed or does not fit the model
  non_finite = 5,     // a loss that is NaN or infinite
  out_of_memory = 6,  // host or device memory
  io = 7,             // reading or writing failed: disk full, permission, ...
};

// Message form: "op: what was found but what was expected (the values)", with the path where a file is concerned.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// How an exception of any kind is sorted: memory that is not to be had, errors of the system; others are bugs.
ErrorKind kind_of(const std::exception& error);

// Throws Error(kind) with the parts streamed one after another.
template <class... Parts>
[[noreturn]] void fail(ErrorKind kind, const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(kind, message.str());
}

// Throws Error(usage) unless the condition holds.
template <class... Parts>
void check(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(ErrorKind::usage, parts...);
}

// Throws Error(kind) unless the condition holds.
template <class... Parts>
void check(bool condition, ErrorKind kind, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(kind, parts...);
}

}  // namespace radial
