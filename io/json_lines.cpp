#include "io/json_lines.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace radial {

std::string json_text(const nlohmann::ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_json_line(const nlohmann::ordered_json& value) {
  const std::string line = json_text(value) + "\n";
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  check(written, ErrorKind::io, "write: standard output: ", std::strerror(errno));
}

}  // namespace radial
