// Letters on pictures, for people: a pixel pattern of 5 x 7, and two rows below the line, for each printable character
// of ASCII.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "data/image.h"

namespace radial {

constexpr int letter_width = 6, letter_height = 10;  // pixels at scale 1, space included

// In letters; any other character of UTF-8 is one letter, "?".
int letters_in(std::string_view text);

// Writes one line whose upper left corner is (x, y), each pixel of the font a square of `scale` pixels; what lies
// outside of the picture is cut off.
void draw_letters(Image& image, int x, int y, std::string_view text, const std::array<uint8_t, 3>& colour, int scale);

}  // namespace radial
