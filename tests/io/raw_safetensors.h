#pragma once

#include <cstdint>
#include <cstring>
#include <string>

// The bytes of a safetensors file with this header and data, as another program would have written it.
inline std::string raw(const std::string& header, const std::string& data) {
  const uint64_t bytes = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &bytes, 8);
  return file + header + data;
}
