// The decoders behind decode_image. `name` goes into messages; all throw Error(dataset).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/image.h"

namespace radial::detail {

void decode_jpeg(std::span<const uint8_t> bytes, const std::string& name, Image& image);
void decode_stb(std::span<const uint8_t> bytes, const std::string& name, Image& image);  // PNG, GIF, BMP
void decode_pnm(std::span<const uint8_t> bytes, const std::string& name, Image& image);

// Refuses extents that are not positive or are larger than max_picture_pixels together.
void check_extents(int64_t width, int64_t height, const std::string& name);

[[noreturn]] void fail_picture(const std::string& name, const std::string& reason);

}  // namespace radial::detail
