// The decoders behind decode_image. `name` goes into messages; all throw BadSample.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "data/image.h"

namespace radial::detail {

using Bytes = std::span<const uint8_t>;

void decode_jpeg(Bytes bytes, const std::string& name, Image& image);
bool jpeg_has_four_colours(Bytes bytes);  // CMYK; false where the header cannot be read
void decode_png(Bytes bytes, const std::string& name, Image& image);
void decode_gif(Bytes bytes, const std::string& name, Image& image);
void decode_bmp(Bytes bytes, const std::string& name, Image& image);
void decode_pnm(Bytes bytes, const std::string& name, Image& image);
void decode_webp(Bytes bytes, const std::string& name, Image& image);

// Refuses extents that are not positive or are larger than max_picture_pixels together.
void check_extents(int64_t width, int64_t height, const std::string& name);

// Refuses a file that is too small for its picture, before memory is taken for it: `bytes` can hold `most` units.
void check_plausible(int64_t units, int64_t most, size_t bytes, const std::string& name);

[[noreturn]] void fail_picture(const std::string& name, const std::string& reason);

// Where memory ran out the picture may be a good one: Error(out_of_memory).
[[noreturn]] void fail_memory(const std::string& name);

// Refuses a canvas of more than 2^24 pixels that is larger than what is painted on it: tiny files could ask for
// gigabytes otherwise.
void check_canvas(int64_t width, int64_t height, int64_t painted, const std::string& name);

// Colours of an indexed picture. As in Pillow, an index that the file gives no colour is a grey of its value.
struct Palette {
  Palette();
  std::array<std::array<uint8_t, 3>, 256> colours;
};

// One byte an index, in the order of the pixels.
void paint(const Palette& palette, std::span<const uint8_t> indices, Image& image);

}  // namespace radial::detail
