// The formats of pictures: those that are read, and those that are known so that none is lost in silence. The listing
// of folders, the decoder and their messages all go by this one table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/image.h"

namespace radial {

struct PictureFormat {
  using Decoder = void (*)(std::span<const uint8_t> bytes, const std::string& name, Image& image);

  std::string_view name;                           // "JPEG"
  std::span<const std::string_view> extensions;    // in lower case
  bool (*begins)(std::span<const uint8_t> start);  // whether a file of it begins with these bytes
  Decoder decode;                                  // none: known, but not read
};

std::span<const PictureFormat> picture_formats();

// By the ending of a file's name, in upper or lower case; none if it is no picture's.
const PictureFormat* format_of_name(std::string_view name);

// By the first bytes of a file; bytes_to_tell are enough.
const PictureFormat* format_of_bytes(std::span<const uint8_t> bytes);
inline constexpr size_t bytes_to_tell = 32;

// "JPEG, PNG, ...": those that are read.
std::string readable_formats();

}  // namespace radial
