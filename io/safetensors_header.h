// The JSON header of a safetensors file, read and checked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/shape.h"

namespace radial {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // "F32"
  Shape shape;
  uint64_t begin = 0, end = 0;  // bytes after the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their data
  std::map<std::string, std::string> metadata;
};

// Throws Error(file_format) that begins with "safetensors: <path>: " unless all rules hold for a file whose data
// part has `data_bytes` bytes.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_bytes, const std::string& path);

// Bytes of an element of a dtype of the format; 0 for one that Radial does not read.
uint64_t safetensors_element_size(std::string_view dtype);

// A name from a file that nobody vouches for, fit for a message: quoted, control characters escaped.
std::string quoted_name(std::string_view name);

}  // namespace radial
