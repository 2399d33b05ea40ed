// The place in a source that a call comes from, and the error that names it.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace cuda_emulation {

struct Error : std::runtime_error {
  using runtime_error::runtime_error;
};

// The parts, streamed one after another.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

struct Where {
  const char* file = "";
  int line = 0;
  // As a default argument: the place of the caller.
  static constexpr Where here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
  bool operator==(const Where& other) const { return file == other.file && line == other.line; }
};

inline std::ostream& operator<<(std::ostream& out, const Where& where) {
  return out << where.file << ":" << where.line;
}

}  // namespace cuda_emulation
